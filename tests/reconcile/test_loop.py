"""The loop of whatever works step by step: it rests when nothing is to be done, and nothing that goes wrong ends it."""

import logging
from collections.abc import Iterator
from threading import Event

import pytest

from reconcile.errors import Raced
from reconcile.loop import FAULT, IDLE, repeat
from store.errors import StoreUnavailable
from store.event import SECOND
from tests.conftest import NOON
from tests.store.clock import ManualClock


def seconds(outcomes: list[bool | Exception]) -> list[float]:
    """At how many seconds after the beginning each step was made; the last one ends the loop."""
    stop, made = Event(), list[float]()
    coming: Iterator[bool | Exception] = iter(outcomes)

    def step(now: int) -> bool:
        made.append((now - NOON) / SECOND)
        if len(made) == len(outcomes):
            stop.set()
        outcome = next(coming)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    repeat("worker", step, ManualClock(NOON), stop)
    return made


def test_while_there_is_more_it_does_not_rest() -> None:
    assert seconds([True, True, False, False, True]) == [0, 0, 0, IDLE, 2 * IDLE]


@pytest.mark.parametrize("trouble", [StoreUnavailable("the database is away"), Raced("somebody was quicker")])
def test_what_passes_by_itself_is_a_line_in_the_log(trouble: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert seconds([trouble, False]) == [0, FAULT]
    assert [(it.levelname, it.getMessage(), it.exc_info) for it in caplog.records] == [
        ("WARNING", f"worker: {trouble}", None)
    ]


def test_what_nobody_foresaw_is_logged_in_full_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    assert seconds([KeyError("salt"), False]) == [0, FAULT]
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "worker: a step failed and is tried again")
    assert record.exc_info is not None
