"""Where a command finds the events that it judges: in a file, or in the store of a data directory or a server."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from collector.batch import Batch, Rejection
from noshow.errors import NoshowError, WrongUsage
from noshow.event_file import opened, read_events
from rules.parse.literal import moment
from store import events as event_store
from store.clickhouse import ClickHouse
from store.instant import rfc3339
from store.migrate import migrate_clickhouse
from store.settings import Settings
from store.tenancy import occupy, running_server

_SHOWN = 20  # rejected lines that are listed one by one


def instant(text: str, option: str) -> int:
    """µs UTC; raises WrongUsage that names the option."""
    try:
        return moment(text)
    except ValueError as error:
        raise WrongUsage(f"{option} {text}: {error}") from error


@contextmanager
def of_file(path: Path) -> Iterator[ClickHouse]:
    """The events of a file, in this process's own memory; lines that are none are told. Raises NoshowError."""
    clickhouse = ClickHouse.embedded(None)
    try:
        migrate_clickhouse(clickhouse)
        load(clickhouse, path)
        yield clickhouse
    finally:
        clickhouse.close()


@contextmanager
def of_store(settings: Settings) -> Iterator[ClickHouse]:
    """What is stored, to read: of the ClickHouse server that the settings name, else in the data directory.

    Raises WrongUsage where a running Noshow has the data directory open, or there is no store in it.
    """
    if settings.clickhouse is not None:
        clickhouse = ClickHouse.server(settings.clickhouse.reveal())
        try:
            yield clickhouse
        finally:
            clickhouse.close()
        return
    _check(settings)
    with occupy(settings.data):
        clickhouse = ClickHouse.embedded(settings.data / "clickhouse")
        try:
            migrate_clickhouse(clickhouse)
            yield clickhouse
        finally:
            clickhouse.close()


def told_as_of(at: int | None, *stores: ClickHouse) -> int:
    """The instant to judge at, which is said: the given one, or else that of the last event in the stores. µs UTC."""
    judged_at = max(map(last_event, stores)) if at is None else at
    click.echo(f"as of {rfc3339(judged_at)}", err=True)
    return judged_at


def last_event(clickhouse: ClickHouse) -> int:
    """The time of the last event stored, µs UTC; 0 where there is none."""
    [(last,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(max(time)) FROM events")
    return int(last)


def _check(settings: Settings) -> None:
    if not (settings.data / "clickhouse").is_dir():
        raise WrongUsage(f"{settings.data}: no events are stored there; name another directory with --data")
    server = running_server(settings.data)
    if server is not None:
        raise WrongUsage(
            f"{settings.data} is open in the server at {server.url}, and one process at a time can open an embedded "
            "store: stop that server, or give the events as a file with --events"
        )


def load(clickhouse: ClickHouse, path: Path) -> None:
    """Read all of a file with care, into a store that is migrated; lines that are no events are told.

    Raises NoshowError, also where there is no event in it.
    """
    with opened(path) as file:
        store(clickhouse, read_events(file, path), path)


def store(clickhouse: ClickHouse, batches: Iterable[Batch], path: Path, besides: int = 0) -> None:
    """The events of a file, of which so many more were good besides. Raises NoshowError where there are none."""
    accepted, rejected = besides, 0
    for batch in batches:
        event_store.write_columns(clickhouse, batch.events)
        accepted += len(batch.events)
        for rejection in batch.rejected[: max(0, _SHOWN - rejected)]:
            click.echo(_place(path, rejection), err=True)
        rejected += len(batch.rejected)
    if rejected:
        click.echo(f"{rejected} of {accepted + rejected} lines were no events and are left out", err=True)
    if not accepted:
        raise NoshowError(f"{path}: there is no event in it")


def _place(path: Path, rejection: Rejection) -> str:
    field = f"{rejection.field}: " if rejection.field else ""
    return f"{path}:{rejection.line}: {field}{rejection.reason}"
