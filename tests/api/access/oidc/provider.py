"""A provider of OpenID Connect on a real socket: a login form, codes, ID tokens signed with keys that can rotate.

It does what the specification asks of one, PKCE included, and can be told to say something else.
"""

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.web_server import WebServer

CLIENT, SECRET = "noshow", "very secret indeed"
Claims = dict[str, Any]


@dataclass
class Login:
    """`people`: their claims, by what they type as their name. `spoil` changes claims, `sign` the token that they
    become; `overrides` what discovery says. `asked`: the parameters of every request to the token endpoint."""

    url: str = ""
    people: dict[str, Claims] = field(default_factory=dict)
    spoil: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[["Login", Claims], str] = lambda login, claims: login.signed(claims)
    overrides: Claims = field(default_factory=dict)
    userinfo: Claims | None = None
    denies: bool = False
    down: bool = False
    key: ECKey | RSAKey = field(default_factory=lambda: new_key("first"))
    published: list[ECKey | RSAKey] = field(default_factory=list)
    codes: dict[str, tuple[Mapping[str, str], str]] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    jwks_read: int = 0

    def rotate(self, name: str) -> None:
        """Signs by another key from now on; the ones before are published no more."""
        self.key = new_key(name)

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def metadata(self) -> Claims:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/logout",
            **self.overrides,
        }

    def code(self, asked: Mapping[str, str], person: str) -> str:
        made = secrets.token_urlsafe(16)
        self.codes[made] = (asked, person)
        return made

    def tokens(self, sent: Mapping[str, str], authorization: str) -> Response:
        self.asked.append(sent)
        expected = f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        asked, person = self.codes.pop(sent.get("code", ""), ({}, ""))
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != expected:
            return JSONResponse({"error": "invalid_client"}, 401)
        if not person or asked["redirect_uri"] != sent["redirect_uri"] or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant", "error_description": "the code is nobody's"}, 400)
        now = int(time.time())
        about = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = self.spoil({**about, **self.people[person]})
        token = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": self.sign(self, claims)}
        return JSONResponse(token)


def new_key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@contextmanager
def login() -> Iterator[Login]:
    """Listens until the end of the block."""
    it = Login()
    server = WebServer(_app(it))
    it.url = server.url
    try:
        yield it
    finally:
        server.stop()


def _app(it: Login) -> Starlette:
    async def discovery(request: Request) -> Response:
        return Response(status_code=503) if it.down else JSONResponse(it.metadata())

    async def jwks(request: Request) -> Response:
        it.jwks_read += 1
        return JSONResponse(KeySet([it.key, *it.published]).as_dict(private=False))

    async def form(request: Request) -> Response:
        asked = dict(request.query_params)
        if it.denies:
            said = {"error": "access_denied", "error_description": "You are off duty", "state": asked["state"]}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 303)
        hidden = html.escape(json.dumps(asked))
        return HTMLResponse(
            f'<!doctype html><html lang="en"><title>Log in</title><form method="post" action="/authorize">'
            f'<input type="hidden" name="asked" value="{hidden}"><label>Name <input name="person"></label>'
            f"<button>Log in</button></form></html>"
        )

    async def logged_in(request: Request) -> Response:
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = json.loads(sent["asked"])
        back = {"code": it.code(asked, sent["person"]), "state": asked["state"], "iss": it.url}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def token(request: Request) -> Response:
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        return it.tokens(sent, request.headers.get("authorization", ""))

    async def userinfo(request: Request) -> Response:
        return Response(status_code=401) if it.userinfo is None else JSONResponse(it.userinfo)

    async def logout(request: Request) -> Response:
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 303)

    async def icon(request: Request) -> Response:
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks", jwks),
            Route("/authorize", form, methods=["GET"]),
            Route("/authorize", logged_in, methods=["POST"]),
            Route("/token", token, methods=["POST"]),
            Route("/userinfo", userinfo),
            Route("/logout", logout),
            Route("/favicon.ico", icon),
        ]
    )
