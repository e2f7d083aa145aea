"""Refusals reach the log of those who run the collector, but do not flood it."""

import logging

import pytest

from collector.batch import Batch, Rejection
from collector.refusals import Refusals
from store.event import SECOND
from tests.rules.shop import NOON


def refused(count: int) -> Batch:
    return Batch(rejected=[Rejection(index, "correlation.id", "missing") for index in range(count)])


def test_one_line_every_ten_seconds_counts_what_came_between(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    refusals.add(Batch(), NOON)
    assert caplog.messages == []
    for second in (0, 1, 9, 10):
        refusals.add(refused(2), NOON + second * SECOND)
    assert caplog.messages == [
        "2 events refused, the last because of its correlation.id: missing",
        "6 events refused, the last because of its correlation.id: missing",
    ]


def test_what_is_left_out_has_lines_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.INFO):
        for second in (0, 1, 10):
            refusals.add(Batch(ignored=3), NOON + second * SECOND)
    assert [message.split(" left out")[0] for message in caplog.messages] == [
        "3 log records and spans",
        "6 log records and spans",
    ]
