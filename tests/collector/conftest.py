"""The bounds that the collector's tests use, and a collector that listens on a socket."""

from collections.abc import Iterator

import httpx
import pytest

from collector.acceptance import Acceptance
from collector.intake.intake import Intake
from store.clickhouse import ClickHouse
from store.event import DAY
from store.settings import CollectorSettings, QuarantineSettings
from tests.collector.listening import Listening
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.web_server import client_of

# What is refused is kept for so long that nothing is too old by the engine's own clock.
LIMITS = CollectorSettings(4 << 20, 2_000, 256 << 10, DAY, QuarantineSettings(keep=10_000 * DAY))


@pytest.fixture
def limits() -> CollectorSettings:
    return LIMITS


@pytest.fixture
def terms() -> Acceptance:
    return Acceptance.at(NOON, LIMITS)


@pytest.fixture
def collector(clickhouse: ClickHouse, clock: ManualClock) -> Iterator[Listening]:
    """A collector on a real socket, in a thread of this process, with the embedded engine behind it."""
    with Intake(clickhouse) as intake:
        server = Listening(intake, LIMITS, clock)
        yield server
        server.stop()


@pytest.fixture
def client(collector: Listening) -> Iterator[httpx.Client]:
    with client_of(collector.url, timeout=30) as client:
        yield client
