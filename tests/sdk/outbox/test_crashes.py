"""Processes killed between commit and send, and between send and deletion: nothing is lost, and nothing doubled."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import Engine

from store import events as event_store
from store.clickhouse import ClickHouse
from tests.collector.listening import Listening
from tests.sdk.outbox.test_relay import rows


def run(engine: Engine, endpoint: str, role: str, where: str) -> int:
    """The exit code of a service or a relay."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.sdk.outbox.crashing", url, endpoint, role, where]
    return subprocess.run(command, timeout=120, check=False).returncode


@pytest.mark.processes
def test_what_was_committed_is_stored_whoever_dies(
    engine: Engine, collector: Listening, clickhouse: ClickHouse
) -> None:
    assert run(engine, collector.url, "service", "commit") == -signal.SIGKILL
    assert event_store.history(clickhouse, "order-1") == []
    assert run(engine, collector.url, "relay", "sent") == -signal.SIGKILL
    stored = event_store.history(clickhouse, "order-1")
    assert [event.name for event in stored] == ["OrderPlaced", "PaymentReceived"]
    assert len(rows(engine)) == 2
    assert run(engine, collector.url, "relay", "never") == 0
    assert rows(engine) == []
    again = event_store.history(clickhouse, "order-1")
    assert {(event.source, event.id) for event in again} == {(event.source, event.id) for event in stored}
