"""The provider that people sign in with: where a browser is sent, and who it says came back.

The authorization code flow with PKCE, by Authlib; requests go out under the rules of all others
(`reconcile.outgoing`), and answers are read up to a size and for a time.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from api.access.errors import ProviderAway, SignInRefused
from api.access.oidc.id_token import verified
from api.access.oidc.metadata import JSON, Metadata, Published, away, fetched
from api.access.oidc.ticket import Ticket
from reconcile.outgoing.call import Call, Caller, NoReply, Reply
from store.settings import Settings
from store.settings_oidc import OidcSettings

log = logging.getLogger(__name__)

CALLBACK = "/sign-in/callback"
AT_ONCE = 4  # sign-ins for which the provider is asked something: while it is slow, others are told so


class Provider:
    """Safe to share among threads; instants in µs UTC. `public_url`: where people reach us."""

    def __init__(self, settings: OidcSettings, call: Call, public_url: str) -> None:
        self.settings = settings
        self._call = call
        self._public_url = public_url
        self._published = Published(settings, call)
        self._places = BoundedSemaphore(AT_ONCE)

    @classmethod
    def of(cls, settings: Settings) -> "Provider | None":
        """The one that the settings name, if they do."""
        if settings.access.oidc is None:
            return None
        return cls(settings.access.oidc, Caller(allow_private=settings.outgoing.allow_private), settings.public_url)

    @property
    def label(self) -> str:
        return self.settings.label

    def address(self, ticket: Ticket, now: int) -> str:
        """Where the browser is sent. Raises `ProviderAway`."""
        with self._place():
            metadata = self._published.metadata(now)
        address, _ = self._client(metadata).create_authorization_url(
            metadata.authorization_endpoint, state=ticket.state, code_verifier=ticket.verifier, nonce=ticket.nonce
        )
        return str(address)

    def claims(self, code: str, ticket: Ticket, now: int) -> Mapping[str, Any]:
        """What the provider says, verified, of whoever came back with this code. Raises `SignInRefused`."""
        with self._place():
            return self._claims(code, ticket, now)

    def _claims(self, code: str, ticket: Ticket, now: int) -> Mapping[str, Any]:
        metadata = self._published.metadata(now)
        token = self._token(metadata, code, ticket)
        claims = verified(token, self.settings, partial(self._published.keys, now=now), ticket.nonce, now)
        wanted = {self.settings.name, self.settings.groups}
        if metadata.userinfo_endpoint and not wanted <= claims.keys():
            return {**self._userinfo(metadata, token, claims["sub"]), **claims}
        return claims

    def sign_out_address(self, now: int) -> str:
        """Where a browser is signed out there as well, and led back; '' where the provider has no such place."""
        try:
            with self._place():
                address = self._published.metadata(now).end_session_endpoint
        except SignInRefused:
            return ""
        back = {"client_id": self.settings.client_id, "post_logout_redirect_uri": f"{self._public_url}/sign-in"}
        return f"{address}{'&' if '?' in address else '?'}{urlencode(back)}" if address else ""

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise ProviderAway("Many sign in just now. Try again in a moment.")
        try:
            yield
        finally:
            self._places.release()

    def _token(self, metadata: Metadata, code: str, ticket: Ticket) -> Mapping[str, Any]:
        try:
            token = self._client(metadata).fetch_token(
                metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=ticket.verifier
            )
        except OAuth2Error as error:
            log.warning("sign-in: the provider took no code: %s", error)
            raise SignInRefused("The provider did not take this sign-in. Begin again.") from error
        except ValueError as error:
            raise away(f"{metadata.token_endpoint}: {error}") from error
        return dict(token)

    def _userinfo(self, metadata: Metadata, token: Mapping[str, Any], subject: object) -> Mapping[str, Any]:
        """More of the claims. What is of somebody else is not taken."""
        headers = {**JSON, "authorization": f"Bearer {token.get('access_token', '')}"}
        found = fetched(self._call, metadata.userinfo_endpoint, headers)
        if found.get("sub") != subject:
            raise away(f"{metadata.userinfo_endpoint}: it tells of somebody else")
        return found

    def _client(self, metadata: Metadata) -> OAuth2Client:
        secret, methods = self.settings.secret, metadata.authentication
        basic = not methods or "client_secret_basic" in methods
        method = "none" if secret is None else "client_secret_basic" if basic else "client_secret_post"
        return OAuth2Client(
            _Session(self._call),
            self.settings.client_id,
            None if secret is None else secret.reveal(),
            token_endpoint_auth_method=method,
            scope=" ".join(self.settings.asked),
            redirect_uri=f"{self._public_url}{CALLBACK}",
            code_challenge_method="S256",
        )


class _Session:
    """What Authlib sends by."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth) -> "_Answer":
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        reply = self._call("POST", url, sent, body.encode())
        if isinstance(reply, NoReply):
            raise ValueError(reply.error)
        return _Answer(reply)


class _Answer:
    """As much of an answer as Authlib looks at."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self._body = reply.body

    def json(self) -> object:
        return json.loads(self._body)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ValueError(f"HTTP {self.status_code}")
