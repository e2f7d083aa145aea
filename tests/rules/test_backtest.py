"""A changed rule against the present one: the counts are what judging by each of them gives."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from rules.backtest import EXAMPLES, Comparison, Judged, backtest, merged, paired
from rules.expression import START, Attribute
from rules.judge import judge
from rules.ruleset import Rule, rules_of
from rules.spec import AtRisk, Orphans, Workflow
from rules.verdict import WHOLE, InstanceState, Kind, Verdict
from store.clickhouse import ClickHouse
from store.event import Event
from store.events import write
from tests.rules.random_cases import case
from tests.rules.told import flow, step

H = 3_600_000_000


def at(order: str, name: str, time: int, attributes: str = "{}") -> Event:
    return Event(f"{order}-{name}-{time}", order, name, time, "s", attributes)


def paid_within(hours: int, **more: Any) -> Workflow:
    risk = AtRisk(Attribute(START, ("amount",)), Attribute(START, ("currency",)))
    return flow(step("Paid", within=hours * H), at_risk=risk, **more)


def compared(clickhouse: ClickHouse, old: Workflow, new: Workflow, **more: int) -> Comparison:
    return backtest(clickhouse, rules_of([old]), rules_of([new]), more.pop("as_of", 100 * H), **more)


@pytest.fixture
def orders(clickhouse: ClickHouse) -> ClickHouse:
    """Order n was paid n hours after its start, which was at hour n; the first of them never."""
    events = [at(f"o{n}", "Placed", n * H, f'{{"amount": {n}, "currency": "EUR"}}') for n in range(10)]
    write(clickhouse, [*events, *(at(f"o{n}", "Paid", 2 * n * H) for n in range(1, 10))])
    return clickhouse


def test_findings_are_told_apart_by_who_has_them(orders: ClickHouse) -> None:
    found = compared(orders, paid_within(6), paid_within(2))
    assert (found.newly, found.no_longer, found.still) == (4, 0, 4)
    late, missing = found.findings["Paid", Kind.LATE], found.findings["Paid", Kind.MISSING]
    assert (late.only_before, late.only_after, late.both) == (0, 4, 3)
    assert (missing.only_before, missing.only_after, missing.both) == (0, 0, 1)
    assert [it.correlation_id for it in late.new] == ["o3", "o4", "o5", "o6"]
    assert late.new[0].sentence.startswith("Paid was due 1970-01-01 05:00 UTC, 2 h after Placed")
    backwards = compared(orders, paid_within(2), paid_within(6))
    assert (backwards.newly, backwards.no_longer) == (0, 4)
    assert [it.correlation_id for it in backwards.findings["Paid", Kind.LATE].gone] == ["o3", "o4", "o5", "o6"]


def test_each_side_has_its_rate_and_what_is_at_risk(orders: ClickHouse) -> None:
    found = compared(orders, paid_within(6), paid_within(2))
    assert (found.before.judged, found.before.flagged, found.before.rate) == (10, 4, 0.4)
    assert (found.after.judged, found.after.flagged, found.after.rate) == (10, 8, 0.8)
    assert (found.before.at_risk, found.after.at_risk) == ({"EUR": 24.0}, {"EUR": 42.0})


def test_examples_are_a_few(orders: ClickHouse) -> None:
    found = compared(orders, paid_within(90), replace(paid_within(90), within=1))
    assert len(found.findings["Paid", Kind.LATE].new) == EXAMPLES < found.findings["Paid", Kind.LATE].only_after


def test_what_began_before_since_is_left_out(orders: ClickHouse) -> None:
    found = compared(orders, paid_within(6), paid_within(2), since=5 * H)
    assert (found.before.judged, found.newly, found.still) == (5, 2, 3)


def test_orphans_count_and_older_ones_are_left_out(clickhouse: ClickHouse) -> None:
    write(clickhouse, [at("early", "Paid", 1 * H), at("late", "Paid", 9 * H)])
    flagging = paid_within(1, orphans=Orphans.FLAG)
    found = compared(clickhouse, paid_within(1), flagging)
    assert found.findings[WHOLE, Kind.ORPHAN].only_after == 2
    found = compared(clickhouse, paid_within(1), flagging, since=5 * H)
    assert [it.correlation_id for it in found.findings[WHOLE, Kind.ORPHAN].new] == ["late"]


def test_each_version_judges_its_own(orders: ClickHouse) -> None:
    first = paid_within(6, version=1)
    second = paid_within(2, version=2, effective_from=5 * H)
    found = backtest(orders, rules_of([first]), rules_of([first, second]), 100 * H)
    assert (found.after.judged, found.newly) == (10, 2)  # o5 and o6
    alone = backtest(orders, rules_of([first]), rules_of([second]), 100 * H)
    assert (alone.after.judged, alone.after.outdated) == (5, 5)


def test_streams_are_paired_by_correlation_id() -> None:
    def stream(*names: str) -> list[Judged]:
        return [Judged(flow(), Verdict("flow", name, InstanceState.RUNNING, 0, (), ())) for name in names]

    both = paired(stream("Z", "a", "é"), merged([iter(stream("a", "b")), iter(stream("Z", "ü"))]))
    names = [tuple(it.answer.correlation_id if it else None for it in pair) for pair in both]
    assert names == [("Z", "Z"), ("a", "a"), (None, "b"), ("é", None), (None, "ü")]


@pytest.mark.parametrize("seed", range(4))
def test_it_counts_what_judging_by_each_gives(clickhouse: ClickHouse, seed: int) -> None:
    old, new = case(seed), replace(case(seed + 100).workflow, name=case(seed).workflow.name)
    events = [event for source in (old, case(seed + 100)) for each in source.sets.values() for event in each]
    write(clickhouse, events)
    found = backtest(clickhouse, [Rule(old.workflow, old.lives)], rules_of([new]), old.as_of)
    before, after = (
        {
            it.correlation_id: {(finding.step, finding.kind) for finding in it.findings}
            for it in judge(clickhouse, rule.workflow, old.as_of, lives=rule.lives)
            if isinstance(it, Verdict)
        }
        for rule in (Rule(old.workflow, old.lives), *rules_of([new]))
    )
    names = {*before, *after}
    counts = Counter(
        (mark, mark in before.get(name, set()), mark in after.get(name, set()))
        for name in names
        for mark in before.get(name, set()) | after.get(name, set())
    )
    told = Counter(
        {
            (mark, *sides): count
            for mark, it in found.findings.items()
            for sides, count in (
                ((True, False), it.only_before),
                ((False, True), it.only_after),
                ((True, True), it.both),
            )
            if count
        }
    )
    assert told == counts
    assert (found.before.judged, found.after.judged) == (len(before), len(after))
