"""Between who asks, which `api` knows, and who sends, which the collector goes by."""

from starlette.requests import Request

from api.access.guard import identified
from api.access.identity import ANONYMOUS, Identity, Scope
from api.problem import ApiError
from collector.errors import NotAdmitted
from collector.reception import Admit
from collector.sender import CERTIFIED, Sender, introduce, peer_of
from store.settings import Settings


def sender(identity: Identity, peer: str) -> Sender:
    return Sender("" if identity is ANONYMOUS else identity.actor.name, identity.source, peer)


def admission(settings: Settings) -> Admit:
    """What lets senders in: with a CA of clients, only over TLS and with a certificate of it."""
    return admit if settings.tls is None or settings.tls.client_ca is None else admit_certified


async def admit(request: Request) -> None:
    """Let pass, and introduce, whoever may send events. The request is one to our application, by whatever protocol.

    Raises `NotAdmitted`.
    """
    try:
        identity = await identified(request, Scope.INGEST)
    except ApiError as error:
        raise NotAdmitted(error.status, error.detail, error.headers.get("WWW-Authenticate", "")) from None
    introduce(request, sender(identity, peer_of(request)))


async def admit_certified(request: Request) -> None:
    """As `admit`, of a client that has shown a certificate."""
    if not getattr(request.state, CERTIFIED, False):
        raise NotAdmitted(403, "To send events takes a client certificate that this server trusts.")
    await admit(request)
