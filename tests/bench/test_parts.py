"""Every part of the suite still runs: a few seconds of each, whose figures mean nothing."""

from tests.bench import growing


def test_history() -> None:
    figures = growing.run(events="1000,2000", changed="40", rounds=2, beat=0.0)
    assert figures["history.2k.left.events"] > 1_900
    assert {"tick.history_ratio", "history.1k.merged.changed_40.judge.rows"} <= figures.keys()
