"""The compliance table, cell by cell: real clients over sockets, and what is stored of what they sent."""

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from collector import failure
from collector.intake.intake import Intake
from store import events as event_store
from store.clickhouse import ClickHouse
from store.errors import StoreUnavailable
from store.event import EventColumns
from store.quarantine import Row
from tests.collector.compliance.table import TABLE, rendered
from tests.collector.compliance.way import (
    BATCH,
    GZIP,
    MALFORMED,
    ONE_BY_ONE,
    OVERSIZE,
    PARTIAL,
    RETRY,
    SINGLE,
    Sample,
    Way,
)
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.store.clock import ManualClock

MANY = tuple(Sample(f"e-{number:02}") for number in range(50))


@pytest.fixture(params=TABLE, ids=lambda way: way.protocol)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    if found.driven_by == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    return found


class Forgetful(Intake):
    """Stores what comes first, and says that it could not: as when ClickHouse answers 500 after all."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        super().__init__(clickhouse)
        self.asked = 0

    def submit(self, events: EventColumns, size: int, refused: Sequence[Row] = ()) -> Future[None]:
        stored = super().submit(events, size, refused)
        self.asked += 1
        if self.asked > 1:
            return stored
        stored.result(60)
        lost: Future[None] = Future()
        lost.set_exception(StoreUnavailable("the answer was lost"))
        return lost


@contextmanager
def listening(intake: Intake, clock: ManualClock) -> Iterator[Listening]:
    server = Listening(intake, LIMITS, clock)
    try:
        yield server
    finally:
        server.stop()


def stored(clickhouse: ClickHouse) -> list[str]:
    return [event.id for event in event_store.history(clickhouse, "o-1")]


def test_a_single_event(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    assert way.client.send(collector, MANY[:1], packed=False) == way.cells[SINGLE]
    assert stored(clickhouse) == ["e-00"]


def test_a_batch(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    if way.cells[BATCH] == ONE_BY_ONE:
        return
    assert way.client.send(collector, MANY, packed=False) == way.cells[BATCH]
    assert stored(clickhouse) == [sample.id for sample in MANY]


def test_gzip(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    samples = MANY[:1] if way.cells[BATCH] == ONE_BY_ONE else MANY
    assert way.client.send(collector, samples, packed=True) == way.cells[GZIP]
    assert stored(clickhouse) == [sample.id for sample in samples]


def test_a_partial_failure(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    bad = Sample("e-99", "")
    samples = [bad] if way.cells[BATCH] == ONE_BY_ONE else [MANY[0], bad, MANY[1]]
    assert way.client.send(collector, samples, packed=False) == way.cells[PARTIAL]
    assert stored(clickhouse) == ([] if way.cells[BATCH] == ONE_BY_ONE else ["e-00", "e-01"])


def test_malformed(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    assert way.client.raw(collector, b"rubbish") == way.cells[MALFORMED]
    assert stored(clickhouse) == []


def test_oversize(way: Way, collector: Listening, clickhouse: ClickHouse) -> None:
    assert way.client.raw(collector, b" " * (LIMITS.max_body + 1)) == way.cells[OVERSIZE]
    assert stored(clickhouse) == []


def test_a_client_that_is_told_to_comes_again_and_its_event_is_there_once(
    way: Way, clickhouse: ClickHouse, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failure, "RETRY_AFTER", 1)  # seconds, which clients do wait
    with Forgetful(clickhouse) as intake, listening(intake, clock) as server:
        assert way.client.send(server, MANY[:1], packed=False) == way.cells[RETRY]
    assert stored(clickhouse) == ["e-00"]


def test_the_page_has_this_table() -> None:
    assert rendered() in (Path(__file__).parents[3] / "docs" / "sending-events.md").read_text()
