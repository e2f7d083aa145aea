"""Who is cut off from whom: real processes of Noshow, a cable between two of them, and what comes back afterwards."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from tests.clickhouse_server import start
from tests.end_to_end.process import PATIENCE
from tests.faults.cable import Cable
from tests.faults.telling import Sender
from tests.faults.victims import Victim, killed_in_the_end

_SMALL = {"grpc_port": "off", "spool_size": "512KiB"}  # half of what the payments of the rush say
_NAME = "noshow.yaml"


@dataclass(frozen=True)
class Room:
    """Where orders are told of, and where payments are; where verdicts are read. `cut` and `mend` get whoever tells of
    the payments."""

    config: Path
    processes: Sequence[Victim]
    shop: str
    payments: str
    answers: str
    cut: Callable[[Sender], None]
    mend: Callable[[Sender], None]

    def stop(self) -> None:
        for it in self.processes:
            it.stop()


Form = Callable[[Path, Mapping[str, object]], AbstractContextManager[Room]]
"""In a place, with settings."""


@contextmanager
def senders(place: Path, settings: Mapping[str, object]) -> Iterator[Room]:
    """Nothing at all arrives at a server that is well."""
    with _whole(place, settings) as server, Cable(server.port) as cable:
        cut, mend = _by(cable)
        yield Room(server.config, [server], cable.url, cable.url, server.url, cut, mend)


@contextmanager
def payments(place: Path, settings: Mapping[str, object]) -> Iterator[Room]:
    """One source is cut off; the others go on."""
    with _whole(place, settings) as server, Cable(server.port) as cable:
        cut, mend = _by(cable)
        yield Room(server.config, [server], server.url, cable.url, server.url, cut, mend)


@contextmanager
def collector(place: Path, settings: Mapping[str, object]) -> Iterator[Room]:
    """The collector of the payments is cut off from ClickHouse; the other one, and the evaluator, are not."""
    with _parts(place, settings) as (parts, cable):
        cut, mend = _by(cable)
        yield _room(parts, cut, mend)


@contextmanager
def killed(place: Path, settings: Mapping[str, object]) -> Iterator[Room]:
    """So it is, until its spool is full; then it is killed, and comes back with what it has."""
    with _parts(place, {**settings, "collector": _SMALL}) as (parts, cable):

        def come_back(_: Sender) -> None:
            parts[0].spawn()
            parts[0].until_ready()

        yield _room(parts, partial(_fill_and_kill, parts[0], cable), come_back)


@contextmanager
def lost(place: Path, settings: Mapping[str, object]) -> Iterator[Room]:
    """It does not come back. What it did not take is told to the other one at once."""
    with _parts(place, {**settings, "collector": _SMALL}) as (parts, cable):

        def lose(sender: Sender) -> None:
            _fill_and_kill(parts[0], cable, sender)
            sender.url = parts[1].url

        yield _room(parts, lose, lambda _: None)


FORMS: Mapping[str, Form] = {it.__name__: it for it in (senders, payments, collector, killed, lost)}


def _by(cable: Cable) -> tuple[Callable[[Sender], None], Callable[[Sender], None]]:
    return lambda _: cable.cut(), lambda _: cable.mend()


def _fill_and_kill(victim: Victim, cable: Cable, sender: Sender) -> None:
    cable.cut()
    for _ in range(PATIENCE * 20):
        if sender.refused:
            break
        time.sleep(0.05)
    assert sender.refused, "its spool was never full"
    victim.kill()
    cable.mend()


def _room(parts: Sequence[Victim], cut: Callable[[Sender], None], mend: Callable[[Sender], None]) -> Room:
    return Room(parts[1].config, parts, parts[1].url, parts[0].url, parts[3].url, cut, mend)


@contextmanager
def _whole(place: Path, settings: Mapping[str, object]) -> Iterator[Victim]:
    """`noshow serve` on embedded stores."""
    server = Victim("serve", _written(place / _NAME, settings), place / "serve.log")
    with _running([server]):
        yield server


@contextmanager
def _parts(place: Path, settings: Mapping[str, object]) -> Iterator[tuple[Sequence[Victim], Cable]]:
    """Two collectors, the first of which reaches ClickHouse by the cable; an evaluator, and the API."""
    clickhouse = start(place / "clickhouse")
    shared = {**settings, "database": {"url": f"sqlite:///{place}/noshow.sqlite"}}
    with Cable(int(clickhouse.url.rpartition(":")[2])) as cable:
        first = _written(place / "first.yaml", {**shared, "data": "first", "clickhouse": {"url": cable.url}})
        config = _written(place / _NAME, {**shared, "clickhouse": {"url": clickhouse.url}})
        others = (Victim(it, config, place / f"{it}.log") for it in ("collector", "evaluator", "api"))
        parts = [Victim("collector", first, place / "first.log"), *others]
        with _running(parts):
            yield parts, cable
    clickhouse.stop()


@contextmanager
def _running(processes: Sequence[Victim]) -> Iterator[None]:
    with killed_in_the_end(processes):
        for it in processes:
            it.spawn()
            it.until_ready()
        yield


def _written(config: Path, settings: Mapping[str, object]) -> Path:
    config.write_text(yaml.safe_dump({"data": "data", **settings}))
    return config
