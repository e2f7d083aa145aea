"""Tokens of forms: proof that a request with a session's cookie was made by one of our own pages.

One is `<nonce>.<HMAC of the nonce under the session's secret>`: bound to the session, and another on each page, so that
its length and place in a compressed answer tell nothing.
"""

import hashlib
import hmac
import secrets


def make(session: str) -> str:
    """A token for a session, whose secret this is."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_signature(session, nonce)}"


def fits(session: str, token: str) -> bool:
    nonce, _, signature = token.partition(".")
    return hmac.compare_digest(_signature(session, nonce).encode(), signature.encode())


def _signature(session: str, nonce: str) -> str:
    return hmac.new(session.encode(), b"csrf " + nonce.encode(), hashlib.sha256).hexdigest()
