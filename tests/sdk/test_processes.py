"""Processes that end, and processes that fork, as servers with worker processes do."""

import subprocess
import sys

import pytest

from store import events as event_store
from store.clickhouse import ClickHouse
from tests.collector.listening import Listening
from tests.sdk.answering import answering

CONFIGURED = "import os, sys, noshow_sdk as n; n.configure('payments', sys.argv[1])\n"

ENDS = "n.emit('A', correlation_id='order-1')"

LEFT_HANGING = """
n.configure('payments', sys.argv[1], settings=n.Configuration(exit_timeout=0.1))
n.emit('A', correlation_id='order-1')
"""

PREFORK = """
n.emit('OfTheParent', correlation_id='order-1')
children = []
for number in range(3):
    child = os.fork()
    if not child:
        for _ in range(100):
            n.emit(f'OfChild{number}', correlation_id='order-1')
        done = n.flush(60) and n.stats().sent == 100
        os._exit(0 if done else 1)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
"""


def run(code: str, url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", CONFIGURED + code, url], capture_output=True, text=True, timeout=120, check=True
    )


def test_a_process_that_ends_sends_what_waits(collector: Listening, clickhouse: ClickHouse) -> None:
    run(ENDS, collector.url)
    assert [event.name for event in event_store.history(clickhouse, "order-1")] == ["A"]


def test_a_process_that_ends_is_not_held_up_by_a_server_that_hangs() -> None:
    with answering(hangs=True) as server:
        run(LEFT_HANGING, server.url)  # the test's own timeout is the only other end of it
        assert not server.released.is_set()


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_each_forked_child_sends_its_own_events_once(collector: Listening, clickhouse: ClickHouse) -> None:
    run(PREFORK, collector.url)
    kept = event_store.history(clickhouse, "order-1")
    assert sorted({event.name for event in kept}) == ["OfChild0", "OfChild1", "OfChild2", "OfTheParent"]
    assert len(kept) == len({event.id for event in kept}) == 301
