"""What a provider says of itself (OpenID Connect Discovery), and the keys that it signs with."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from api.access.errors import ProviderAway
from reconcile.outgoing.call import Call, NoReply
from store.event import HOUR, MINUTE
from store.settings_oidc import OidcSettings

log = logging.getLogger(__name__)

KEPT = HOUR
ASKED_AGAIN = MINUTE
"""Keys are asked for once more where one is unknown, as often at most: whoever sends tokens can't make us ask."""

JSON = {"accept": "application/json"}

_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ENDPOINTS = (*_REQUIRED, "userinfo_endpoint", "end_session_endpoint")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Metadata:
    """`authentication`: how clients show their secret. What the provider does not have is ''."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    authentication: tuple[str, ...]


class Published:
    """Asked for when it is needed, and believed for `KEPT`; longer while the provider is away. Safe to share among
    threads; instants in µs UTC. Everything raises `ProviderAway`."""

    def __init__(self, settings: OidcSettings, call: Call) -> None:
        self._settings = settings
        self._call = call
        self._metadata: tuple[Metadata, int] | None = None
        self._keys: tuple[KeySet, int] | None = None
        self._lock = Lock()

    def metadata(self, now: int) -> Metadata:
        with self._lock:
            return self._fresh_metadata(now)

    def keys(self, key_id: str | None, now: int) -> KeySet:
        """With the key of this id, if the provider has it."""
        with self._lock:
            address = self._fresh_metadata(now).jwks_uri
            kept = self._keys
            since = None if kept is None else now - kept[1]
            known = kept is not None and (key_id is None or any(key.kid == key_id for key in kept[0].keys))
            if kept is None or since is None or since >= (KEPT if known else ASKED_AGAIN):
                kept = self._keys = self._renewed(kept, address, _keys, now)
            return kept[0]

    def _fresh_metadata(self, now: int) -> Metadata:
        if self._metadata is None or now - self._metadata[1] >= KEPT:
            address = get_well_known_url(self._settings.issuer, external=True)
            read = partial(_metadata, issuer=self._settings.issuer)
            self._metadata = self._renewed(self._metadata, address, read, now)
        return self._metadata[0]

    def _renewed(
        self, kept: tuple[T, int] | None, address: str, read: Callable[[Mapping[str, Any]], T], now: int
    ) -> tuple[T, int]:
        """What is read there, else what there was, for another while."""
        try:
            return read(fetched(self._call, address, JSON)), now
        except ProviderAway:
            if kept is None:
                raise
            return kept[0], now - KEPT + ASKED_AGAIN


def fetched(call: Call, address: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON object at this address. Raises `ProviderAway`."""
    reply = call("GET", address, headers, b"")
    if isinstance(reply, NoReply):
        raise away(f"{address}: {reply.error}")
    try:
        document = json.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise away(f"{address}: HTTP {reply.status}, and no JSON object")
    return document


def away(why: str) -> ProviderAway:
    """`why` goes into the log, since it may tell of the inside of a network."""
    log.warning("sign-in: %s", why)
    return ProviderAway("The provider does not answer as it should. Try again in a moment.")


def _metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    if document.get("issuer") != issuer:
        raise away(f"the provider calls itself {document.get('issuer')!r}, and access.oidc.issuer is {issuer!r}")
    found = {name: document.get(name) or "" for name in _ENDPOINTS}
    for name, address in found.items():
        if (address or name in _REQUIRED) and not _is_safe(address, issuer):
            raise away(f"{name} of the provider is {address!r}: expected an address as safe as the issuer's")
    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(**found, authentication=tuple(map(str, methods)) if isinstance(methods, list) else ())


def _is_safe(address: object, issuer: str) -> bool:
    """Plain HTTP only where the issuer is, which is on this machine then."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        return False
    return parts is not None and bool(parts.hostname) and parts.scheme in ("https", urlsplit(issuer).scheme)


def _keys(document: Mapping[str, Any]) -> KeySet:
    """Those that sign, of kinds that are known here."""
    found = []
    for given in document.get("keys") or ():
        try:
            if given.get("use", "sig") == "sig" and given.get("kty") != "oct":
                found.append(import_key(given))
        except (JoseError, AttributeError, KeyError, TypeError, ValueError):
            continue  # what it is for, somebody else knows
    if not found:
        raise away("the provider publishes no key that signs")
    return KeySet(found)
