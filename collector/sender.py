"""Who sends a request. What lets senders in says so; the collector only goes by it."""

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Sender:
    """`token`: the name of the token that was shown, '' without one. `source`: the one that all it sends is of, '' for
    any. `peer`: the address that the request came from."""

    token: str = ""
    source: str = ""
    peer: str = ""

    @property
    def name(self) -> str:
        """Whom limits are counted for, and whom people would ask: the token, else the address."""
        return self.token or self.peer


CERTIFIED = "certified"
"""The name in a request's state that is true where the sender has shown a certificate that is trusted."""


def introduce(request: Request, sender: Sender) -> None:
    """Say who sends the request, before the collector handles it."""
    request.state.sender = sender


def sender_of(request: Request) -> Sender:
    """Who was introduced; else all that is known is where the request came from."""
    sender = getattr(request.state, "sender", None)
    return sender if isinstance(sender, Sender) else Sender(peer=peer_of(request))


def peer_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""
