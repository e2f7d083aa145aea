"""`noshow events import`: lines of a source's own making, to a server that knows how to read them."""

from dataclasses import replace
from pathlib import Path

from collector.intake.intake import Intake
from noshow import importing
from noshow.client import Server
from store.clickhouse import ClickHouse
from store.settings_sources import Sources
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.collector.mapping.mappings import mapped
from tests.store.clock import ManualClock

PAYMENTS = mapped("payments", {"correlation_id": "/order", "name": "/type", "time": "/at"})
LINES = b'{"order": 1, "type": "A", "at": "2025-11-20T12:00:00Z"}\n{"type": "A"}\n'


def test_a_file_is_of_the_source_that_is_named(clickhouse: ClickHouse, clock: ManualClock, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(LINES)
    with Intake(clickhouse) as intake:
        server = Listening(intake, replace(LIMITS, sources=Sources((PAYMENTS,))), clock)
        assert not importing.run(file, Server(server.url), 1_000, "payments")
        server.stop()
    assert clickhouse.query("SELECT correlation_id, name, source FROM events") == [("1", "A", "payments")]
