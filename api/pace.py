"""How fast each caller may ask `/v1`: by a bucket of tokens for each. Instants in µs UTC."""

from collections import OrderedDict
from threading import Lock

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.context import of_request
from api.problem import fault_problem
from store.bucket import Bucket, filled, full, spent, wait

MOST_CALLERS = 10_000
"""Of whom something is remembered. Who has not asked for longest is forgotten first, and has most likely rested."""


class Pace:
    """ASGI middleware. A caller is a token that was valid a moment ago, whatever addresses it comes from; else an
    address. Events have limits of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            request = Request(scope)
            here = await of_request(request)
            rate, now = here.keeper.policy.rate, here.clock.now()
            caller = here.keeper.known_by(request.headers.get("authorization", ""), now) or _address(request)
            if rate and (seconds := self._wait(caller, rate, now)):
                words = f"Too fast: {rate} requests a second are answered. Try again in {seconds} s."
                await fault_problem(429, words, headers={"Retry-After": str(seconds)})(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _wait(self, caller: str, rate: int, now: int) -> int:
        """For how many seconds this one has to wait; 0: it is counted."""
        with self._lock:
            last = self._buckets.pop(caller, None)
            bucket = full(rate, now) if last is None else filled(last, rate, now)
            if len(self._buckets) >= MOST_CALLERS:
                self._buckets.popitem(last=False)
            seconds = 0 if bucket.left >= 1 else max(1, wait(spent(bucket, 1), rate))
            self._buckets[caller] = bucket if seconds else spent(bucket, 1)
        return seconds


def _address(request: Request) -> str:
    return f"address {request.client.host}" if request.client else ""
