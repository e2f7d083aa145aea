"""Event files: NDJSON, plain or gzipped, told apart by their first bytes; progress on a terminal."""

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from collector.acceptance import END_OF_TIME, Acceptance
from collector.batch import Batch
from collector.errors import MalformedBody
from collector.json.body import read_ndjson
from noshow.errors import NoshowError, WrongUsage

GZIP = b"\x1f\x8b"

# A file is judged as it is: no event of it is too far in the future.
TERMS = Acceptance(now=0, latest=END_OF_TIME, max_event=1 << 20, max_batch=0, testimony=True)

T = TypeVar("T")


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file, for the readers below. Raises WrongUsage if it cannot be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise WrongUsage(f"{path}: {error.strerror}") from error
    with file:
        yield file


def read_events(file: io.BufferedReader, path: Path) -> Iterator[Batch]:
    """Batches of events and of rejected lines, in the order of the file. Raises NoshowError if it breaks off.

    A file that was exported from Noshow has testimony in it, which counts as it did there.
    """
    return _watched(read_ndjson(file, TERMS), file, path)


def read_lines(file: io.BufferedReader, path: Path) -> Iterator[bytes]:
    """The lines as they are, without their ends. Raises NoshowError if the file breaks off."""
    return _watched((line.rstrip(b"\r\n") for line in _plain(file)), file, path)


def _plain(file: io.BufferedReader) -> io.BufferedIOBase:
    return gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == GZIP else file


def _watched(items: Iterable[T], file: io.BufferedReader, path: Path) -> Iterator[T]:
    size = os.fstat(file.fileno()).st_size
    with click.progressbar(length=size, label=path.name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        try:
            for item in items:
                yield item
                bar.update(file.tell() - bar.pos)
        except (EOFError, OSError, zlib.error, MalformedBody) as error:
            raise NoshowError(f"{path}: cannot be read to its end: {error}") from error
