"""The events of a file, for rules to judge: read by the engine itself where that is as good, and else with care."""

import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from collector.batch import Batch
from collector.json.body import read_lines
from collector.json.shape import Shape, shapes
from noshow import history
from noshow.engine_file import EngineFile
from noshow.event_file import GZIP, TERMS, opened
from rules.asking import asks_only_when
from rules.spec import Workflow
from store import events as event_store
from store.clickhouse import ClickHouse
from store.errors import StoreError
from store.migrate import migrate_clickhouse

# The engine takes such a name for a pattern, an archive or an address.
_NO_PLAIN_NAME = frozenset("*?{}[]|:")

_PLACES, _EXAMPLES, _LONGEST = 16, 64, 1 << 16  # where examples are taken in a file, and how many lines and bytes
_TOGETHER = 10_000  # lines


@dataclass(frozen=True, slots=True)
class _Remainder:
    """What is left to be read with care where `plain` lines were good: `doubtful` has the others, in their order, and
    `apart` good ones of which a store of its own is needed."""

    plain: int
    doubtful: list[Batch]
    apart: list[Batch]


@contextmanager
def of_file(path: Path, workflows: Sequence[Workflow]) -> Iterator[list[ClickHouse]]:
    """What `shared_out` gives, in this process's own memory. Raises NoshowError."""
    quick, careful = ClickHouse.embedded(None, "quick"), ClickHouse.embedded(None)
    try:
        yield shared_out(path, workflows, quick, careful)
    finally:
        quick.close()
        careful.close()


def shared_out(path: Path, workflows: Sequence[Workflow], quick: ClickHouse, careful: ClickHouse) -> list[ClickHouse]:
    """The events of a file in one or both of two empty stores, each with all events of some correlation IDs.

    They are good for being judged by these workflows, and for nothing else. Lines that are no events are told.
    Raises NoshowError or StoreError.
    """
    remainder = _quickly(quick, path, all(map(asks_only_when, workflows)))
    if remainder is None:
        migrate_clickhouse(careful)
        history.load(careful, path)
        return [careful]
    parted = any(batch.events for batch in (*remainder.doubtful, *remainder.apart))
    if parted:
        migrate_clickhouse(careful)
    history.store(careful, remainder.doubtful, path, remainder.plain)
    for batch in remainder.apart:
        event_store.write_columns(careful, batch.events)
    return [quick, careful] if parted else [quick]


def _quickly(quick: ClickHouse, path: Path, only_when: bool) -> _Remainder | None:
    """`None`, and nothing told, where all has to be read with care."""
    file = _engine_file(quick, path, only_when)
    if file is None:
        return None
    try:
        return _loaded(file)
    except StoreError:
        return None  # nor can we read it, perhaps, but then we say why


def _loaded(file: EngineFile) -> _Remainder | None:
    plain = file.load()
    if plain is None:
        return None
    doubtful = list(_batches(file.doubtful()))
    if not file.set_aside(name for batch in doubtful for name in batch.events.correlation_id):
        return None
    return _Remainder(plain, doubtful, list(_batches(file.apart())))


def _batches(lines: Iterable[tuple[int, bytes]]) -> Iterator[Batch]:
    iterator = iter(lines)
    while some := list(islice(iterator, _TOGETHER)):
        yield read_lines(some, TERMS)


def _engine_file(quick: ClickHouse, path: Path, only_when: bool) -> EngineFile | None:
    """`None` of what is no file, or of which the engine can't tell good lines."""
    place = str(path.resolve())
    if not path.is_file() or not _NO_PLAIN_NAME.isdisjoint(place):
        return None
    with opened(path) as file:
        zipped = file.peek(2)[:2] == GZIP
        try:
            examples = list(_unzipped_examples(file) if zipped else _examples(file))
        except (EOFError, OSError, zlib.error):
            return None
    found = _alike(shapes(examples, TERMS), only_when)
    if not found:
        return None
    return EngineFile(quick, place, "gzip" if zipped else "none", found, TERMS, not only_when)


def _alike(found: Sequence[Shape], only_when: bool) -> list[Shape]:
    """Either all with an id or none. Where attributes are asked for, their text has to be easy to cut out."""
    told = [shape for shape in found if only_when or shape.ends_with_attributes]
    return [shape for shape in told if ("id" in shape.fields) == ("id" in told[0].fields)]


def _examples(file: io.BufferedReader) -> Iterator[bytes]:
    """Lines from everywhere in a file."""
    size = os.fstat(file.fileno()).st_size
    for place in range(_PLACES):
        file.seek(size * place // _PLACES)
        if place:
            file.readline(_LONGEST)  # what is left of one
        yield from islice(_lines(file), _EXAMPLES)


def _unzipped_examples(file: io.BufferedReader) -> Iterator[bytes]:
    return islice(_lines(gzip.GzipFile(fileobj=file)), _PLACES * _EXAMPLES)


def _lines(file: io.BufferedIOBase) -> Iterator[bytes]:
    return (line.rstrip(b"\n") for line in iter(partial(file.readline, _LONGEST), b""))
