"""Judging as events trickle in, against judging all at the end: what is recorded must be the same.

Events come in any order and more than once; evaluators tick at rising instants, are cut off in the middle of a write,
replaced by others, and given another rule. `NOSHOW_INCREMENTAL_CASES` sets how many cases there are (5),
`NOSHOW_PROPERTY_SEED` where the seeds begin (0).
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from rules.evaluator import Evaluator
from rules.judge import judge
from rules.ruleset import rules_of
from rules.spec import Workflow
from rules.verdict import Verdict
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE, Event
from store.events import write
from tests.rules.random_cases import Case, case
from tests.rules.test_evaluator import SETTINGS, Interrupting

CASES = int(os.environ.get("NOSHOW_INCREMENTAL_CASES", "5"))
SEED = int(os.environ.get("NOSHOW_PROPERTY_SEED", "0"))
SETS = 30
ROUNDS = 8

INSTANCES = """
SELECT correlation_id, argMax((state, steps.name, steps.state, arrayZip(findings.step, findings.kind), digest), version)
FROM instances GROUP BY correlation_id HAVING argMax(state, version) != '' ORDER BY correlation_id
"""

FINDINGS = """
SELECT correlation_id, step, kind, argMax((toUnixTimestamp64Micro(since), rule_hash), version)
FROM findings GROUP BY correlation_id, step, kind HAVING argMax(open, version) ORDER BY ALL
"""


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_what_is_recorded_is_what_a_full_judgement_says(clickhouse: ClickHouse, database: Database, seed: int) -> None:
    drawn = case(seed, SETS)
    trickle = Trickle(clickhouse, database, drawn)
    for batch in trickle.batches():
        write(clickhouse, batch)
        trickle.go_on()
    trickle.finish()
    [rule] = rules_of([drawn.workflow])
    answers = judge(clickhouse, rule.workflow, drawn.as_of, lives=rule.lives)
    verdicts = [it for it in answers if isinstance(it, Verdict)]
    assert clickhouse.query(INSTANCES) == [recorded(verdict) for verdict in verdicts]
    assert clickhouse.query(FINDINGS) == sorted(row for verdict in verdicts for row in opened(drawn.workflow, verdict))


def recorded(verdict: Verdict) -> tuple[object, ...]:
    names, states = [step.step for step in verdict.steps], [step.state.value for step in verdict.steps]
    findings = [(finding.step, finding.kind.value) for finding in verdict.findings]
    return verdict.correlation_id, (verdict.state.value, names, states, findings, verdict.digest)


def opened(workflow: Workflow, verdict: Verdict) -> Iterator[tuple[object, ...]]:
    for finding in verdict.findings:
        told = finding.since, workflow.content_hash
        yield verdict.correlation_id, finding.step, finding.kind.value, told


class Trickle:
    """One evaluator after the other, at instants that rise to that of the case."""

    def __init__(self, clickhouse: ClickHouse, database: Database, drawn: Case) -> None:
        self.random = Random(drawn.seed)
        self.clickhouse = clickhouse
        self.database = database
        self.drawn = drawn
        self.now = drawn.as_of - 30 * MINUTE
        self.count = 0
        self.steadiness = self.random.choice([0.6, 1.0])  # with which an evaluator has the rule of the end
        self.evaluator = self.another()

    def batches(self) -> Iterator[list[Event]]:
        """Every event once or twice, in any order."""
        random = self.random
        events = [event for events in self.drawn.sets.values() for event in events]
        events += random.sample(events, len(events) // 5)
        random.shuffle(events)
        cuts = sorted(random.sample(range(1, len(events)), ROUNDS - 1))
        yield from (events[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(events)], strict=True))

    def another(self, *, final: bool = False) -> Evaluator:
        self.count += not final  # the last carries on, for the instant at which it begins is the last as well
        workflow = self.drawn.workflow if final or self.random.random() < self.steadiness else self.other_rule()
        batch = 20_000 if final else self.random.choice([5, 20_000])
        settings = replace(SETTINGS, overlap=0, batch=batch, sweep_every=self.random.choice([MINUTE, 60 * MINUTE]))
        self.store = Interrupting(self.clickhouse)
        return Evaluator(self.store, self.database, rules_of([workflow]), settings, f"number {self.count}")

    def other_rule(self) -> Workflow:
        """Without the step that nothing depends on."""
        workflow = self.drawn.workflow
        steps = workflow.in_graph_order()[:-1] or workflow.steps
        grace = self.random.choice([0, MINUTE])
        return replace(workflow, steps=steps, grace=grace, cancel=None, at_risk=None, customer=None)

    def go_on(self) -> None:
        """A while passes, in which anything can happen."""
        random = self.random
        self.now += random.choice([0, 1, MINUTE, 2 * MINUTE, 5 * MINUTE + 1])
        if random.random() < 0.4:
            self.now += MINUTE  # by then the lease has run out
            self.evaluator = self.another()
        if random.random() < 0.6:
            around = random.choice([self.store.before, self.store.after])
            around(random.choice(["findings", "deadlines", "instances"]), self.cut_off)
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            self.tick()

    def tick(self) -> bool:
        """Whether there is more to do. Whoever is cut off forgets."""
        try:
            tick = self.evaluator.tick(min(self.now, self.drawn.as_of))
        except StoreUnavailable:
            self.evaluator.forget()
            return True
        return tick is None or tick.more

    def cut_off(self) -> None:
        raise StoreUnavailable("cut off")

    def finish(self) -> None:
        self.evaluator = self.another(final=True)
        self.now = self.drawn.as_of
        while self.tick():
            pass
