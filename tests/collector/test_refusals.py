"""Refusals reach the log of those who run the collector, but do not flood it."""

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
