"""A collector that listens on a socket, by the real clock, as events of the SDK are of now."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest

from collector.intake.intake import Intake
from noshow_sdk import Client, Configuration
from store.clickhouse import ClickHouse
from store.clock import SystemClock
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening

Connect = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def collector(clickhouse: ClickHouse) -> Iterator[Listening]:
    with Intake(clickhouse) as intake:
        server = Listening(intake, LIMITS, SystemClock())
        yield server
        server.stop()


@contextmanager
def connected(url: str, **settings: float) -> Iterator[Client]:
    """A client, which is shut down in the end without waiting."""
    client = Client(Configuration(service="payments", endpoint=url, **settings))  # type: ignore[arg-type]
    try:
        yield client
    finally:
        client.shutdown(0)


@pytest.fixture
def connect(collector: Listening) -> Connect:
    return partial(connected, collector.url)
