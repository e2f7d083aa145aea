"""How commands talk to a running server: its address, the token, and what goes wrong as one message."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from noshow import once
from noshow.errors import NoshowError, WrongUsage
from store.clock import Clock, SystemClock
from store.settings import Settings
from store.tenancy import running_server

TIMEOUT = 60  # seconds
JSON = "application/json"
_PAGE = 500  # items: the most that the server gives at once
_NEEDS_TOKEN = "give a token as NOSHOW_TOKEN or with --token; `noshow tokens create` makes one"


class Fault(msgspec.Struct):
    """What is wrong with one part of what was sent."""

    parameter: str
    reason: str


class Refused(NoshowError):
    """The server answered with an error; `status` is that of HTTP, the message what it said, `faults` single ones."""

    def __init__(self, message: str, status: int, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.faults = faults


class _Problem(msgspec.Struct):
    detail: str = ""
    errors: list[Fault] | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens, and the token that it is shown; '' for none."""

    url: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Raises WrongUsage where the token can't be one."""
        token = self.token.strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise WrongUsage("the token is none: expected one such as `noshow tokens create` prints")
        return {"Authorization": f"Bearer {token}"} if token else {}


def address(text: str) -> str:
    """The address, if it is one of HTTP. Raises WrongUsage."""
    if not text.startswith(("http://", "https://")):
        raise WrongUsage(f"--url {text}: expected an address such as http://127.0.0.1:8080")
    return text


def running(settings: Settings) -> str:
    """The address of the server that has the data directory open. Raises WrongUsage if there is none."""
    server = running_server(settings.data)
    if server is None:
        raise WrongUsage(
            f"no server runs on {settings.data}: start `noshow serve`, or name its --data directory or its --url"
        )
    return server.url


class Client:
    """Requests to the REST interface. Every method raises NoshowError, which is `Refused` where the server said no."""

    def __init__(self, requests: httpx.Client, clock: Clock) -> None:
        self._http = requests
        self._clock = clock

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of the answer. Blank parameters count as left out."""
        with _told(self._http):
            return _decoded(self._http.get(path, params=parameters))

    def preview(self, path: str, body: object, type_: str = JSON) -> Any:
        """What it would change to `post` the same; nothing is changed."""
        with _told(self._http):
            return _decoded(self._http.send(self._posting(path, body, None, type_)))

    def post(
        self, path: str, body: object = None, parameters: Mapping[str, str | int] | None = None, type_: str = JSON
    ) -> Any:
        """Have it done, once, though it be sent again as an answer is lost. Bytes go as they are, everything else as
        JSON; the JSON of the answer, `None` where it is empty."""
        with _told(self._http):
            return _decoded(once.answer(self._http, self._posting(path, body, parameters, type_), self._clock))

    def listed(self, path: str, parameters: Mapping[str, str], limit: int) -> Iterator[Mapping[str, Any]]:
        """At most `limit` items of a list that comes in pages."""
        after: str | None = ""
        while after is not None and limit > 0:
            page = self.get(path, {**parameters, "limit": min(limit, _PAGE), "after": after})
            yield from page["items"]
            limit, after = limit - len(page["items"]), page["next"]

    def lines(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Iterator[str]:
        """NDJSON, line by line as it comes; unpacked, for to pack hashes takes longer than to send them."""
        plain = {"Accept-Encoding": "identity"}
        with _told(self._http), self._http.stream("GET", path, params=parameters, headers=plain) as response:
            if not response.is_success:
                response.read()
                raise refusal(response)
            yield from filter(None, response.iter_lines())

    def _posting(
        self, path: str, body: object, parameters: Mapping[str, str | int] | None, type_: str
    ) -> httpx.Request:
        content = body if isinstance(body, bytes) else msgspec.json.encode({} if body is None else body)
        headers = {"Content-Type": type_}
        return self._http.build_request("POST", path, params=parameters, content=content, headers=headers)


@contextmanager
def connected(server: Server, clock: Clock | None = None) -> Iterator[Client]:
    """A client for the length of the block, on real time unless told otherwise. Raises WrongUsage."""
    with http(server) as requests:
        yield Client(requests, clock or SystemClock())


def http(server: Server) -> httpx.Client:
    """For what is not plain JSON: it knows the server's address and shows the token. Raises WrongUsage."""
    return httpx.Client(base_url=server.url, timeout=TIMEOUT, headers=server.headers)


def refusal(response: httpx.Response) -> Refused:
    """What the server says went wrong; where a token is missing, how to give one."""
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    words = f"{response.url.copy_with(query=None)}: {response.status_code} {problem.detail or response.reason_phrase}"
    hint = f" ({_NEEDS_TOKEN})" if response.status_code == 401 else ""
    return Refused(words + hint, response.status_code, problem.errors or ())


def _decoded(response: httpx.Response) -> Any:
    if not response.is_success:
        raise refusal(response)
    return msgspec.json.decode(response.content) if response.content else None


@contextmanager
def _told(requests: httpx.Client) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise NoshowError(f"{requests.base_url} does not answer: {type(error).__name__} {error}") from error
    except msgspec.DecodeError as error:
        raise NoshowError(f"{requests.base_url} is no Noshow: its answer is not JSON") from error
