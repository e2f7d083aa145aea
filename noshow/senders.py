"""Between who asks, which `api` knows, and who sends, which the collector goes by."""

from starlette.requests import Request

from api.access.guard import identified
from api.access.identity import ANONYMOUS, Identity, Scope
from api.problem import ApiError
from collector.errors import NotAdmitted
from collector.sender import Sender, introduce, peer_of


def sender(identity: Identity, peer: str) -> Sender:
    return Sender("" if identity is ANONYMOUS else identity.actor.name, identity.source, peer)


async def admit(request: Request) -> None:
    """Let pass, and introduce, whoever may send events. The request is one to our application, by whatever protocol.

    Raises `NotAdmitted`.
    """
    try:
        identity = await identified(request, Scope.INGEST)
    except ApiError as error:
        raise NotAdmitted(error.status, error.detail, error.headers.get("WWW-Authenticate", "")) from None
    introduce(request, sender(identity, peer_of(request)))
