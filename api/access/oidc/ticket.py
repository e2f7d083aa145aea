"""What a browser takes along to the provider and brings back. All of it follows from a secret in its cookie, so that
nothing is kept here, and nobody else's browser can use it."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import msgspec

from store.event import MINUTE

LIFETIME = 10 * MINUTE
LONGEST_PATH = 500  # of what goes into an address of the provider's


@dataclass(frozen=True, slots=True)
class Ticket:
    """`state` comes back in the address; `nonce` in the ID token; `verifier` (PKCE) is shown with the code. `then`: the
    page to go on to."""

    state: str
    nonce: str
    verifier: str
    then: str


class _Part(msgspec.Struct, array_like=True):
    number: str
    at: int
    then: str


def issue(secret: str, then: str, now: int) -> Ticket:
    """A new one for the browser that has this secret. `now` in µs UTC."""
    part = _Part(secrets.token_urlsafe(16), now, then if len(then) <= LONGEST_PATH else "")
    head = base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=").decode()
    return _of(secret, head, part)


def accept(secret: str, state: str, now: int) -> Ticket | None:
    """The one that was issued to this browser with that state; `None` where there was none, or it is too old."""
    head, _, signature = state.partition(".")
    if not secret or not hmac.compare_digest(_made_of(secret, "state", head).encode(), signature.encode()):
        return None
    part = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), type=_Part)
    return _of(secret, head, part) if 0 <= now - part.at < LIFETIME else None


def _of(secret: str, head: str, part: _Part) -> Ticket:
    return Ticket(
        f"{head}.{_made_of(secret, 'state', head)}",
        _made_of(secret, "nonce", part.number),
        _made_of(secret, "verifier", part.number),
        part.then,
    )


def _made_of(secret: str, what: str, text: str) -> str:
    """43 letters, as PKCE has its verifiers."""
    made = hmac.new(secret.encode(), f"{what} {text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
