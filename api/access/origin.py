"""Where a request comes from: from this machine, or from a page of somebody else."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.requests import Request

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?", re.ASCII)
_PASSED_ON = ("forwarded", "via", "x-real-ip")


def not_local(request: Request) -> str:
    """Why the request is not one of this machine for itself; '' if it is.

    A name that leads here only since a moment ago is not ours (DNS rebinding), nor is what a proxy passed on.
    """
    client, server = request.client, request.scope.get("server")
    if client is None or server is None or not is_loopback(client.host) or not is_loopback(server[0]):
        return "it does not come from this machine"
    names = [name for name in request.headers if name in _PASSED_ON or name.startswith("x-forwarded-")]
    if names:
        return f"it was passed on ({names[0]})"
    return "" if _names_us(request, server[1]) else "its Host is not this machine with our port"


def changes(request: Request) -> bool:
    """Whether its method is one that may change something."""
    return request.method not in ("GET", "HEAD", "OPTIONS")


def from_elsewhere(request: Request, public: str) -> bool:
    """Whether a browser says that somebody else's page sends it. `public`: host and port that people know us by."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    place = host_and_port(origin)
    return not place or place not in (request.headers.get("host"), public)


def host_and_port(url: str) -> str:
    """As a Host header has them; '' where the text is no URL."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _names_us(request: Request, port: int) -> bool:
    hosts = request.headers.getlist("host")
    found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return found is not None and is_loopback(found[1].strip("[]")) and int(found[2] or 80) == port
