"""The main job, end to end, with real processes: events over a socket to verdicts, cases and webhooks."""

from pathlib import Path

import pytest

from tests.end_to_end.drill import check, drill
from tests.end_to_end.orders import orders


@pytest.mark.processes
@pytest.mark.parametrize("kills", [0, 3])
def test_shuffled_doubled_and_killed_the_findings_are_the_truth(tmp_path: Path, kills: int) -> None:
    placed = orders(1500)
    outcome = drill(placed, tmp_path, kills)
    assert outcome.kills == kills
    assert outcome.received
    check(outcome, placed)
