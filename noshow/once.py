"""What a command has a server do: sent until it is answered, under one `Idempotency-Key`, so that it is done once."""

import uuid
from dataclasses import dataclass

import click
import httpx

from noshow.errors import NoshowError
from reconcile.outgoing.retry_after import retry_after
from store.clock import Clock
from store.event import SECOND

PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds, each before it is asked for once more
LONGEST = 30.0  # seconds: no pause is longer, whatever the server would like

# It may have been done; what else goes wrong on the way does so before anything is sent.
_LOST = (
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
)
_BY_A_PROXY = frozenset({502, 504})  # which itself has lost the answer
_BEFORE_A_LOOK = frozenset({401, 429, 503})  # at what became of an earlier try


class NotKnown(NoshowError):
    """It was sent, and nobody can say whether it was done."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """Why no answer tells what became of it; what the server said of when to ask again (`Retry-After`), else ''."""

    why: str
    retry_after: str = ""


def answer(requests: httpx.Client, request: httpx.Request, clock: Clock) -> httpx.Response:
    """What the server says of a `POST` to `/v1` that is not of events; it may be a refusal. Raises `NotKnown`, and as
    httpx does where nothing was sent."""
    request.headers["Idempotency-Key"] = str(uuid.uuid4())
    found = _tried(requests, request, again=False)
    for pause in PAUSES:
        if isinstance(found, httpx.Response):
            return found
        wait = _wait(found, pause, clock.now())
        click.echo(
            f"{request.url.host} has not told what became of it, asking again in {wait:g} s: {found.why}", err=True
        )
        clock.sleep(wait)
        found = _tried(requests, request, again=True)
    if isinstance(found, _Lost):
        where = f"{request.url.copy_with(query=None)}: no answer tells what became of it: {found.why}"
        raise NotKnown(f"{where}\nit is not known whether it was done; look before you ask for it again")
    return found


def _tried(requests: httpx.Client, request: httpx.Request, *, again: bool) -> httpx.Response | _Lost:
    """`again`: it was sent before, so nothing that goes wrong now means that it was not done."""
    try:
        said = requests.send(request)
    except httpx.TransportError as error:
        if not again and not isinstance(error, _LOST):
            raise
        return _Lost(f"{type(error).__name__} {error}".strip())
    if _tells(said, again=again):
        return said
    return _Lost(f"{said.status_code} {said.reason_phrase}", said.headers.get("Retry-After", ""))


def _tells(said: httpx.Response, *, again: bool) -> bool:
    """Whether it says what became of it. Of conflicts only what is under way comes with a time to ask again."""
    if said.status_code == 409:
        return "Retry-After" not in said.headers
    return said.status_code not in _BY_A_PROXY and not (again and said.status_code in _BEFORE_A_LOOK)


def _wait(lost: _Lost, pause: float, now: int) -> float:
    """Seconds."""
    return min(max(pause, (retry_after(lost.retry_after, now) or 0) / SECOND), LONGEST)
