"""One HTTP request to somebody else's server: only where it may go, over in time, and never with a redirect."""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from reconcile.errors import RefusedAddress
from reconcile.outgoing.network import CheckedNetwork, Deadline, Resolve, resolve

TIMEOUT = 15.0  # seconds for everything: connecting, sending, the answer
LARGEST = 64 * 1024  # bytes of an answer that are read

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered. `body` is cut at `LARGEST`; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoReply:
    """That there was no answer. `sent`: the request may have arrived, and may have been acted on. `refused`: it went
    nowhere, for the address is not permitted, and will not be."""

    error: str
    sent: bool
    refused: bool = False


class Caller:
    """Safe to share among threads; every call has a connection of its own."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve, timeout: float = TIMEOUT) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._timeout = timeout

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"", largest: int = LARGEST
    ) -> Reply | NoReply:
        """Never raises for what the other side, the network or the address do. What it says holds neither the
        address nor a header; what the other side repeats in its answer is the caller's to scrub."""
        watch = _Watch()
        try:
            return self._call(method, url, headers, body, largest, watch)
        except RefusedAddress as error:
            return NoReply(f"refused: {error}", sent=False, refused=True)
        except httpcore.LocalProtocolError:
            # Found wrong before a byte of it was sent; what the error says may hold a secret.
            return NoReply("the request can't be written down as HTTP", sent=False, refused=True)
        except httpcore.TimeoutException:
            return NoReply(f"no answer within {self._timeout:g} s", sent=watch.connected)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            return NoReply(f"no answer: {error or type(error).__name__}", sent=watch.connected)
        except (httpx.InvalidURL, ValueError):
            # What the error says may hold a secret or the address, so it is not passed on.
            return NoReply("the address or a header can't be used", sent=False, refused=True)

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, largest: int, watch: "_Watch"
    ) -> Reply:
        target = httpx.URL(url)
        network = CheckedNetwork(
            Deadline(self._timeout),
            allow_private=self._allow_private,
            resolve=self._resolve,
            below=httpcore.SyncBackend(),
        )
        with (
            httpcore.ConnectionPool(ssl_context=_trust(), network_backend=network) as pool,
            pool.stream(
                method,
                httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path),
                headers=_headers(target, headers),
                content=body,
                extensions={"trace": watch},
            ) as response,
        ):
            return Reply(response.status, _received(response), _beginning(response, largest))


class _Watch:
    """Whether any of the request has left: told by httpcore as it goes along."""

    def __init__(self) -> None:
        self.connected = False

    def __call__(self, event: str, _info: object) -> None:
        self.connected = self.connected or event.endswith("send_request_headers.started")


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _headers(url: httpx.URL, headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """What is given goes before our own. Values beyond ASCII go as UTF-8. Raises ValueError."""
    own = {"host": url.netloc.decode("ascii"), "user-agent": "noshow", "accept": "*/*", "connection": "close"}
    if url.userinfo:
        own["authorization"] = f"Basic {b64encode(f'{url.username}:{url.password}'.encode()).decode()}"
    given = {**own, **{name.lower(): value for name, value in headers.items()}}
    if any(_CONTROL.search(value) for value in given.values()):
        raise ValueError("a header holds a control character")
    return [(name.encode("ascii"), value.encode()) for name, value in given.items()]


def _received(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _beginning(response: httpcore.Response, largest: int) -> bytes:
    """The first bytes of the answer, as far as they come in time."""
    read = b""
    try:
        for chunk in response.iter_stream():
            read += chunk[: largest - len(read)]
            if len(read) >= largest:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        pass
    return read


Call = Callable[[str, str, Mapping[str, str], bytes], Reply | NoReply]
"""What `Caller` is to those that call."""
