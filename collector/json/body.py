"""The one decoder of events in JSON: of request bodies, and of files of any size. Times are microseconds, UTC."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import BinaryIO, cast

from collector.acceptance import Acceptance
from collector.batch import Alone, Batch
from collector.columns import pieces
from collector.errors import BodyTooLarge, MalformedBody, Refused
from collector.json.array import items, place
from collector.json.attributes import NotJson
from collector.json.event import read_event, source_of
from collector.json.quick import read_events

FORM = "json"
"""What an event by itself is kept as: the text of its object."""

_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_BLANKS = b" \t\r\n"
_BATCH_BYTES = 32 << 20

# Lines for each event that is allowed, blank ones among them.
_LINES = 4


def decode_json(body: bytes, terms: Acceptance) -> Batch:
    """The events of one JSON object, or of an array of them.

    Raises `MalformedBody` where that is not what the body is, `BodyTooLarge` where there are too many events.
    """
    body = body.removeprefix(_BOM).strip(_BLANKS)
    match body[:1]:
        case b"[":
            return _collect(enumerate(items(body, terms.max_batch)), terms, terms.max_batch)
        case b"{":
            return _single(body, terms)
        case b"":
            raise MalformedBody("the body is empty; expected a JSON object or an array of them")
        case _:
            raise MalformedBody("line 1, column 1: expected a JSON object or an array of them")


def decode_ndjson(body: bytes, terms: Acceptance) -> Batch:
    """The events of a body with one JSON object on each line. A bad line harms none but itself.

    Raises `BodyTooLarge` where there are too many events, or lines.
    """
    if body.count(b"\n") > _LINES * terms.max_batch:
        raise BodyTooLarge(f"more than {_LINES * terms.max_batch:,} lines in one request")
    lines = enumerate(map(bytes.strip, body.removeprefix(_BOM).split(b"\n"), repeat(_BLANKS)))
    return _collect((line for line in lines if line[1]), terms, terms.max_batch)


def read_ndjson(file: BinaryIO, terms: Acceptance, size: int = 10_000) -> Iterator[Batch]:
    """The events of a file, plain or gzipped, in batches of `size` lines. It is read once, as batches are asked for.

    `index` of a rejection counts over the whole file. How many events there are has no bound.
    Raises `MalformedBody` where the compressed data are broken.
    """
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
    try:
        lines = _lines(_unpacked(buffered), terms.longest)
        while True:
            batch = _collect(_some(lines, size), terms)
            if not batch.events and not batch.rejected:
                return
            yield batch
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise MalformedBody(f"the gzip data are broken or end early: {error}") from None
    finally:
        if buffered is not file:
            buffered.detach()  # or its end would close the caller's file


def read_lines(lines: Iterable[tuple[int, bytes]], terms: Acceptance) -> Batch:
    """The events of some lines of a file, given with their numbers from 0: as `read_ndjson` reads them there. One that
    is too long may be cut off behind the first byte too many."""
    stripped = ((index, line if len(line) > terms.longest else _stripped(index, line)) for index, line in lines)
    return _collect((line for line in stripped if line[1]), terms)


def _stripped(index: int, line: bytes) -> bytes:
    return (line if index else line.removeprefix(_BOM)).strip(_BLANKS)


def _collect(items: Iterable[tuple[int, bytes]], terms: Acceptance, most: int | None = None) -> Batch:
    batch, count = Batch(), 0
    for some in pieces(items):
        count += len(some)
        if most is not None and count > most:
            raise BodyTooLarge(f"more than {most:,} events in one request")
        quick = read_events([text for _, text in some], terms)
        if quick is not None:
            batch.events.extend(quick)
        else:
            _collect_carefully(some, terms, batch)
    return batch


def _collect_carefully(items: Iterable[tuple[int, bytes]], terms: Acceptance, batch: Batch) -> None:
    for index, text in items:
        try:
            batch.events.add(read_event(text, terms))
        except Refused as refused:
            batch.refuse(index, refused, partial(_alone, text, terms))


def _single(body: bytes, terms: Acceptance) -> Batch:
    quick = read_events([body], terms)
    if quick is not None:
        return Batch(quick)
    batch = Batch()
    try:
        batch.events.add(read_event(body, terms.single()))
    except NotJson as error:
        hint = "; lines of JSON need Content-Type: application/x-ndjson" if error.extra else ""
        raise MalformedBody(f"{place(body, error.position)}: {error.reason}{hint}") from None
    except Refused as refused:
        batch.refuse(0, refused, partial(_alone, body, terms))
    return batch


def _alone(text: bytes, terms: Acceptance) -> Alone:
    return Alone.within(terms.longest, FORM, text, source_of(text, terms))


def _lines(file: io.BufferedIOBase, longest: int) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 0. Of one that is too long only the beginning."""
    for index, line in enumerate(iter(partial(file.readline, longest + 1), b"")):
        if len(line) > longest and not line.endswith(b"\n"):
            _skip_line(file, longest)
            yield index, line
            continue
        stripped = _stripped(index, line)
        if stripped:
            yield index, stripped


def _skip_line(file: io.BufferedIOBase, size: int) -> None:
    while (rest := file.readline(size)) and not rest.endswith(b"\n"):
        pass


def _some(lines: Iterator[tuple[int, bytes]], count: int) -> Iterator[tuple[int, bytes]]:
    """The next so many lines; fewer if they are long."""
    size = 0
    for taken, (index, line) in enumerate(lines, start=1):
        yield index, line
        size += len(line)
        if taken == count or size > _BATCH_BYTES:
            return


def _unpacked(file: io.BufferedReader) -> io.BufferedIOBase:
    if not file.peek(2).startswith(_GZIP):
        return file
    return io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=file)), 1 << 20)
