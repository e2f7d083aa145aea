"""Every part of the suite still runs: a few seconds of each, whose figures mean nothing."""

from tests.bench import growing, identifiers, latency, paging, steady, workflows


def test_history() -> None:
    figures = growing.run(events="1000", changed="40", rounds=2, beat=0.0)
    assert figures["history.1k.left.events"] > 900
    assert "history.1k.merged.changed_40.judge.rows" in figures


def test_steady() -> None:
    figures = steady.run(rates="200", ids="ordered", seconds=4, gap=1)
    assert figures["steady.200.ticks"] > 0
    assert {"steady.200.verdict.max_s", "steady.200.answer.p99_ms", "steady.200.peak_mb"} <= figures.keys()


def test_latency() -> None:
    figures = latency.run(rate=200, seconds=4, gap=1, flagged=20)
    assert figures["latency.webhook.count"] > 0
    assert figures["latency.webhook.p50_s"] > 0
    assert {"latency.due_to_found.p99_s", "latency.sent_to_received.p50_s"} <= figures.keys()


def test_workflows() -> None:
    figures = workflows.run(counts="12", events=1_000, changed=40, rounds=2, beat=0.0)
    assert figures["workflows.12.judge.rows"] > 0


def test_ids() -> None:
    figures = identifiers.run(events=1_000, taken=20_000, changed=40, rounds=2, beat=0.0)
    assert figures["ids.scattered.ingest.events_per_s"] > 0
    assert {"ids.ordered.tick.p95_s", "ids.ordered.judge.verdicts_per_s"} <= figures.keys()


def test_pages() -> None:
    figures = paging.run(instances=300, cases=20, times=2)
    assert figures["pages.instances"] > 250
    assert {"pages.board.p95_ms", "pages.workflow.first_ms"} <= figures.keys()
