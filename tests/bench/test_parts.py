"""Every part of the suite still runs: a few seconds of each, whose figures mean nothing."""

from tests.bench import growing, steady


def test_history() -> None:
    figures = growing.run(events="1000,2000", changed="40", rounds=2, beat=0.0)
    assert figures["history.2k.left.events"] > 1_900
    assert {"tick.history_ratio", "history.1k.merged.changed_40.judge.rows"} <= figures.keys()


def test_steady() -> None:
    figures = steady.run(rates="200", ids="ordered", seconds=4, gap=1)
    assert figures["steady.200.ticks"] > 0
    assert {"steady.200.verdict.max_s", "steady.200.answer.p99_ms", "steady.200.peak_mb"} <= figures.keys()
