"""A process that does not judge sees the rules change all the same."""

import logging
from pathlib import Path

import pytest

from rules.live.follow import Follower
from rules.live.live import LiveRules
from tests.conftest import NOON

RULE = "workflow: orders\nstart: OrderPlaced\nsteps:\n  PaymentReceived: {within: 15m}\n"


def test_a_rule_that_appears_is_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = LiveRules(tmp_path, NOON)
    follower = Follower(live)
    (tmp_path / "orders.yaml").write_text(RULE)
    with caplog.at_level(logging.INFO):
        for look in range(2):  # a change is taken at the second look that sees it
            follower.step(NOON + look)
    assert [it.name for it in live.book.workflows] == ["orders"]
    assert "orders 1" in caplog.text


def test_a_bad_edit_leaves_what_was_in_force(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(RULE)
    live = LiveRules(tmp_path, NOON)
    file.write_text(RULE.replace("15m", "soon"))
    for look in range(2):
        Follower(live).step(NOON + look)
    assert [it.name for it in live.book.workflows] == ["orders"]
    assert len(live.book.refused) == 1
