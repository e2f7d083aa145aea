"""`noshow events import`: send a file of events to a server, batch by batch, each until it is acknowledged."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click
import httpx
import msgspec

from noshow.client import Server, http, refusal
from noshow.errors import NoshowError
from noshow.event_file import opened, read_lines

_TRIES = 6
_PAUSE = 0.5  # seconds, doubled with each try
_SHOWN = 20


class Rejected(msgspec.Struct):
    index: int
    field: str = ""
    reason: str = ""


class Answer(msgspec.Struct):
    """What the collector says of a batch; where nothing was taken it is part of a problem document."""

    accepted: int = 0
    rejected: list[Rejected] = []
    rejected_count: int = 0
    detail: str = ""


def run(path: Path, server: Server, size: int, source: str = "") -> bool:
    """Send all, `size` lines at a time, as being of that source; true if every line was taken. Raises NoshowError."""
    taken, left = 0, 0
    with opened(path) as file, http(server) as client:
        client.params = {"source": source} if source else {}
        for first, batch in _batches(read_lines(file, path), size):
            answer = _sent(client, batch, taken)
            taken += answer.accepted
            for rejected in answer.rejected[: max(0, _SHOWN - left)]:
                field = f"{rejected.field}: " if rejected.field else ""
                click.echo(f"{path}:{first + rejected.index}: {field}{rejected.reason}", err=True)
            left += len(batch) - answer.accepted
    click.echo(f"{taken} events accepted" + (f", {left} lines left out" if left else ""), err=True)
    return not left


def _sent(client: httpx.Client, batch: list[bytes], before: int) -> Answer:
    try:
        return _send(client, b"\n".join(batch))
    except NoshowError as error:
        raise NoshowError(
            f"{error}\n{before} events were accepted; to send the whole file again does no harm"
        ) from None


def _batches(source: Iterable[bytes], size: int) -> Iterator[tuple[int, list[bytes]]]:
    """Each with the number of its first line, from 1."""
    iterator, first = iter(source), 1
    while batch := list(islice(iterator, size)):
        yield first, batch
        first += len(batch)


def _send(client: httpx.Client, body: bytes) -> Answer:
    """Try again while the server is away or full: what was stored twice is judged once."""
    pause, trouble = _PAUSE, ""
    for left in reversed(range(_TRIES)):
        try:
            response = client.post("/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})
        except httpx.TransportError as error:
            trouble = f"{type(error).__name__} {error}"
        else:
            if response.status_code < 500:
                return _answer(response)
            trouble = f"{response.status_code} {response.text[:200]}"
        if left:
            click.echo(f"{client.base_url} does not take events, trying again in {pause:g} s: {trouble}", err=True)
            time.sleep(pause)
            pause *= 2
    raise NoshowError(f"{client.base_url} does not take events: {trouble}")


def _answer(response: httpx.Response) -> Answer:
    try:
        answer = msgspec.json.decode(response.content, type=Answer)
    except msgspec.DecodeError as error:
        raise NoshowError(f"{response.url} is no collector: it answered {response.status_code}") from error
    if response.status_code >= 400 and not answer.rejected:
        raise refusal(response)
    return answer
