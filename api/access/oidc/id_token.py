"""An ID token: signed by the provider, for us, now, and for this very sign-in; or it is nothing."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.access.errors import SignInRefused
from store.event import SECOND
from store.settings_oidc import OidcSettings

log = logging.getLogger(__name__)

# Signatures by a key that only the provider has. A secret that both have, or none, proves nothing here.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY = 60  # seconds by which clocks may differ


def verified(
    token: Mapping[str, Any], settings: OidcSettings, keys: Callable[[str | None], KeySet], nonce: str, now: int
) -> Mapping[str, Any]:
    """The claims of the ID token that came with `token`. `keys` gives those of the provider, with the one of that id.
    `now` in µs UTC. Raises `SignInRefused`; why exactly is in the log."""
    try:
        return _verified(token, settings, keys, nonce, now)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        log.warning("sign-in: the ID token is not valid: %s", error)
        raise SignInRefused("What the provider says of you can't be verified. Begin again.") from error


def _verified(
    token: Mapping[str, Any], settings: OidcSettings, keys: Callable[[str | None], KeySet], nonce: str, now: int
) -> Mapping[str, Any]:
    text = token["id_token"]
    header = jws.extract_compact(text.encode()).headers()
    if header.get("alg") not in ALGORITHMS:
        raise ValueError(f"alg is {header.get('alg')!r}")
    read = jwt.decode(text, keys(header.get("kid")), algorithms=ALGORITHMS)
    claims = CodeIDToken(
        read.claims,
        read.header,
        {"iss": {"essential": True, "value": settings.issuer}, "aud": {"essential": True, "value": settings.client_id}},
        {"nonce": nonce, "client_id": settings.client_id, "access_token": token.get("access_token")},
    )
    claims.validate(now // SECOND, LEEWAY)
    if not claims["sub"]:
        raise ValueError("sub is empty")
    return dict(claims)
