"""Between who asks, which `api` knows, and who sends, which the collector goes by."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from api.access.guard import needs
from api.access.identity import ANONYMOUS, Identity, Scope
from collector.sender import Sender, introduce, peer_of


def sender(identity: Identity, peer: str) -> Sender:
    return Sender("" if identity is ANONYMOUS else identity.actor.name, identity.source, peer)


async def _introduced(request: Request, identity: Annotated[Identity, Depends(needs(Scope.INGEST))]) -> None:
    introduce(request, sender(identity, peer_of(request)))


INTRODUCED = Depends(_introduced)
"""For routes of the collector: whoever the guard let in is introduced to it."""
