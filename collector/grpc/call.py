"""A gRPC call as the HTTP request that it is: so that one guard, and one limit, serve both."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Scope

from collector.sender import CERTIFIED


class Place(NamedTuple):
    """Where calls are answered: host, port, and the application that they are made to. `secured`: over TLS;
    `certified`: by those alone who show a certificate that is trusted."""

    host: str
    port: int
    app: ASGIApp
    secured: bool = False
    certified: bool = False


def request_of(method: str, metadata: Iterable[tuple[str, str | bytes]], peer: str, place: Place) -> Request:
    """`peer`: the caller as gRPC names it, such as `ipv4:127.0.0.1:50000`.

    The Host is ours: a browser, which could be led here by another name, does not speak gRPC.
    """
    headers = [(key.encode(), _bytes(value)) for key, value in metadata if key != "host"]
    host = f"[{place.host}]" if ":" in place.host else place.host
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "scheme": "https" if place.secured else "http",
        "path": method,
        "query_string": b"",
        "headers": [(b"host", f"{host}:{place.port}".encode()), *headers],
        "client": address(peer),
        "server": (place.host, place.port),
        "app": place.app,
        "state": {CERTIFIED: place.certified},
    }
    return Request(scope)


def address(peer: str) -> tuple[str, int] | None:
    """Host and port of a caller; `None` where it has none, as over a Unix socket."""
    family, _, rest = unquote(peer).partition(":")
    host, _, port = rest.rpartition(":")
    if family not in ("ipv4", "ipv6") or not port.isdecimal():
        return None
    return host.strip("[]"), int(port)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
