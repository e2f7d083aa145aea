"""One attempt to deliver one notification: signed, to the endpoint's address, and over in time."""

import ssl
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property

import httpcore
import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from reconcile.errors import RefusedAddress
from reconcile.outgoing.network import CheckedNetwork, Deadline, Resolve, resolve
from store.event import SECOND
from store.settings import Endpoint

TIMEOUT = 15.0  # seconds for everything: connecting, sending, the answer
NOTE = 1024  # bytes of an answer that are read, for the error note

_GONE = 410
_TELLING = 8  # letters; what is shorter is no secret


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `status` is that of HTTP if there was one; `retry_after` (µs) is what was asked for."""

    status: int | None
    error: str
    retry_after: int | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The endpoint says that it will never take it."""
        return self.status == _GONE


class Post:
    """Posts to endpoints. Safe to share among threads; every attempt has a connection of its own."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve, timeout: float = TIMEOUT) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._timeout = timeout

    def __call__(self, endpoint: Endpoint, message_id: str, payload: str, now: int) -> Answer:
        """Never raises for what the endpoint, the network or its settings do: the answer says it, without secrets."""
        try:
            return self._send(endpoint, _headers(endpoint, message_id, payload, now), payload.encode(), now)
        except RefusedAddress as error:
            return Answer(None, f"refused: {error}")
        except httpcore.TimeoutException:
            return Answer(None, f"no answer within {self._timeout:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            return Answer(None, _scrubbed(f"no answer: {error or type(error).__name__}", endpoint))
        except (httpx.InvalidURL, EmptyWebhookSecretError, ValueError):
            # What the error says may hold the secret or the address, so it is not passed on.
            return Answer(None, "the endpoint's url or secret in the settings can't be used")

    def _send(self, endpoint: Endpoint, headers: dict[str, str], body: bytes, now: int) -> Answer:
        url = httpx.URL(endpoint.url)
        headers["host"] = url.netloc.decode("ascii")
        if url.userinfo:
            headers["authorization"] = f"Basic {b64encode(f'{url.username}:{url.password}'.encode()).decode()}"
        network = CheckedNetwork(
            Deadline(self._timeout),
            allow_private=self._allow_private,
            resolve=self._resolve,
            below=httpcore.SyncBackend(),
        )
        with (
            httpcore.ConnectionPool(ssl_context=self._trust, network_backend=network) as pool,
            pool.stream("POST", _target(url), headers=list(headers.items()), content=body) as response,
        ):
            return _answer(response, endpoint, now)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()


def _headers(endpoint: Endpoint, message_id: str, payload: str, now: int) -> dict[str, str]:
    seconds = now // SECOND
    webhook = Webhook(endpoint.secret.reveal())
    return {
        "content-type": "application/json",
        "user-agent": "noshow",
        "connection": "close",
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": webhook.sign(message_id, datetime.fromtimestamp(seconds, UTC), payload),
    }


def _target(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _answer(response: httpcore.Response, endpoint: Endpoint, now: int) -> Answer:
    if 200 <= response.status < 300:
        return Answer(response.status, "")
    headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
    redirect = " (redirects are not followed)" if 300 <= response.status < 400 else ""
    note = f"HTTP {response.status}{redirect}: {_beginning(response)}".removesuffix(": ")
    return Answer(response.status, _scrubbed(note, endpoint), _retry_after(headers.get(b"retry-after", ""), now))


def _beginning(response: httpcore.Response) -> str:
    """The first bytes of the answer as one line of text, as far as they come in time."""
    read = b""
    try:
        for chunk in response.iter_stream():
            read += chunk[: NOTE - len(read)]
            if len(read) >= NOTE:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        pass
    text = read.decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _retry_after(value: str, now: int) -> int | None:
    """Seconds or an HTTP date, as µs from now; `None` where it is neither or has passed."""
    if value.isdecimal() and len(value) < 10:
        return int(value) * SECOND
    try:
        at = parsedate_to_datetime(value)
        ahead = round(at.replace(tzinfo=at.tzinfo or UTC).timestamp()) * SECOND - now
    except (ValueError, OverflowError):
        return None
    return ahead if ahead > 0 else None


def _scrubbed(note: str, endpoint: Endpoint) -> str:
    """Without the parts of the endpoint that let others in, in case the other side repeats them."""
    url = httpx.URL(endpoint.url)
    private = [endpoint.secret.reveal(), url.raw_path.decode(), url.query.decode(), url.userinfo.decode(), url.password]
    for part in private:
        if len(part) >= _TELLING:
            note = note.replace(part, "***")
    return note
