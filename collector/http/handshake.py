"""How a webhook says that it wants what is going to be sent: abuse protection of HTTP webhooks for event delivery.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection. It permits nobody to
send: each delivery needs its own token.
"""

from starlette.requests import Request
from starlette.responses import Response

from store.problem import problem

ORIGIN, RATE = "WebHook-Request-Origin", "WebHook-Request-Rate"


async def agree(request: Request) -> Response:
    """Any origin, at any rate: who may send, and how much, is said by tokens and limits."""
    origin = request.headers.get(ORIGIN)
    if not origin or not origin.isprintable():
        return problem(400, f"expected the header {ORIGIN}: nobody else asks what is possible here")
    rate = {"WebHook-Allowed-Rate": "*"} if RATE in request.headers else {}
    return Response(None, 200, {"Allow": "POST", "WebHook-Allowed-Origin": origin, **rate})
