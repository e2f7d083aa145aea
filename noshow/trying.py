"""`noshow events try`: how the events of a file are read by the mapping of their source, or why not."""

from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from msgspec import Raw

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.errors import CollectorError
from collector.json.body import decode_json, decode_ndjson
from collector.mapping.message import Header, Message
from collector.packed import GZIP, unpack
from noshow.errors import WrongUsage
from noshow.event_file import opened
from noshow.options import PATH, settings
from noshow.table import table
from store.clock import SystemClock
from store.event import Event
from store.instant import rfc3339
from store.settings import CollectorSettings

NOT_TAKEN = 1  # exit code

_HEAD = ("CORRELATION ID", "NAME", "TIME", "SOURCE", "ID", "CAUSATION ID")


class Sample(NamedTuple):
    """What is said around the events of the file."""

    source: str
    message: Message


@click.command("try")
@click.argument("file", type=PATH)
@click.option("--source", default="", help="The source that the events are of; else what they say.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Of the request; repeatable.")
@click.option("--key", help="Key of the Kafka message.")
@click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
def try_command(
    file: Path, source: str, headers: tuple[str, ...], key: str | None, format_: str, config: Path | None
) -> None:
    """Show how the events of a JSON or NDJSON file, plain or gzipped, are read, or why not. Nothing is sent or stored.

    Exit code 0: all are taken, 1: some are not.
    """
    limits = settings({}, config).collector
    message = Message([_header(it) for it in headers], None if key is None else key.encode())
    batch = _batch(file, limits, Sample(source, message))
    _show(batch, format_)
    for refused in batch.rejected:
        field = f"{refused.field}: " if refused.field else ""
        click.echo(f"{file}: event {refused.line}: {field}{refused.reason}", err=True)
    click.echo(f"{len(batch.events)} events would be taken, {len(batch.rejected)} would not", err=True)
    raise SystemExit(NOT_TAKEN if batch.rejected else 0)


def _show(batch: Batch, format_: str) -> None:
    shown = map(_line, batch.events) if format_ == "jsonl" else table(_HEAD, list(map(_cells, batch.events)))
    for line in shown:
        click.echo(line)


def _batch(file: Path, limits: CollectorSettings, sample: Sample) -> Batch:
    """The events of the file, as those of one request. Raises WrongUsage where it is none that would be taken."""
    with opened(file) as reader:
        body = reader.read(limits.max_body + 1)
    try:
        terms = Acceptance.at(SystemClock().now(), limits).of(sample.source, sample.message)
        body = unpack(body, limits.max_body) if body.startswith(GZIP) else body
        return _decode(body, terms)
    except CollectorError as error:
        raise WrongUsage(f"{file}: {error}") from None


def _decode(body: bytes, terms: Acceptance) -> Batch:
    """Lines of JSON where the first one is an object by itself, else one document or an array of them."""
    first, _, rest = body.strip().partition(b"\n")
    by_line = bool(rest) and first.startswith(b"{") and first.rstrip().endswith(b"}")
    return decode_ndjson(body, terms) if by_line else decode_json(body, terms)


def _header(text: str) -> Header:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise WrongUsage(f"--header {text}: expected 'name: value'")
    return name.strip().encode(), value.strip().encode()


def _cells(event: Event) -> tuple[str, ...]:
    return (
        event.correlation_id,
        event.name,
        rfc3339(event.time),
        event.source,
        event.id,
        event.causation_id,
    )


def _line(event: Event) -> str:
    """As `noshow check` reads it."""
    shown = {
        "correlation_id": event.correlation_id,
        "name": event.name,
        "time": rfc3339(event.time),
        "source": event.source,
        "id": event.id,
        "causation_id": event.causation_id or None,
        "attributes": Raw(msgspec.json.format(event.attributes.encode(), indent=-1)),  # on one line
    }
    return msgspec.json.encode({name: value for name, value in shown.items() if value is not None}).decode()
