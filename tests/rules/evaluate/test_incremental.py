"""Judging as events trickle in, against judging all at the end: what is recorded must be the same.

Events come in any order and more than once; evaluators tick at rising instants, are cut off in the middle of a write,
replaced by others, and given other rules: changed ones, a version more or less, a workflow less. There is one share, or
there are several; who follows may divide anew.
`NOSHOW_INCREMENTAL_CASES` sets how many cases there are (5), `NOSHOW_PROPERTY_SEED` where the seeds begin (0).
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from rules.evaluate.evaluator import Evaluator
from rules.judge import judge
from rules.ruleset import Rule, rules_of
from rules.spec import Orphans, Step, Workflow
from rules.verdict import Verdict
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE, Event
from store.events import write
from store.shares import shares
from tests.rules.evaluate.test_evaluator import SETTINGS, Interrupting
from tests.rules.random_cases import Case, case
from tests.rules.random_histories import OTHER_START
from tests.rules.shop import named

CASES = int(os.environ.get("NOSHOW_INCREMENTAL_CASES", "5"))
SEED = int(os.environ.get("NOSHOW_PROPERTY_SEED", "0"))
SETS = 30
ROUNDS = 8
SHARES = 1, 2, 3, 7

INSTANCES = """
SELECT workflow, correlation_id,
       argMax((rule_hash, state, steps.name, steps.state, arrayZip(findings.step, findings.kind), digest), version)
FROM instances GROUP BY ALL HAVING argMax(state, version) != '' ORDER BY workflow, correlation_id
"""

FINDINGS = """
SELECT workflow, correlation_id, step, kind, argMax((toUnixTimestamp64Micro(since), rule_hash), version)
FROM findings GROUP BY ALL HAVING argMax(open, version) ORDER BY ALL
"""


@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_what_is_recorded_is_what_a_full_judgement_says(clickhouse: ClickHouse, database: Database, seed: int) -> None:
    trickle = Trickle(clickhouse, database, case(seed, SETS))
    for batch in trickle.batches():
        write(clickhouse, batch)
        trickle.go_on()
    trickle.finish()
    judged = [(rule, it) for rule in trickle.final for it in full(clickhouse, rule, trickle.drawn.as_of)]
    assert clickhouse.query(INSTANCES) == sorted(recorded(rule.workflow, verdict) for rule, verdict in judged)
    assert clickhouse.query(FINDINGS) == sorted(row for rule, it in judged for row in opened(rule.workflow, it))


def full(clickhouse: ClickHouse, rule: Rule, as_of: int) -> Iterator[Verdict]:
    answers = judge(clickhouse, rule.workflow, as_of, lives=rule.lives)
    return (it for it in answers if isinstance(it, Verdict))


def recorded(workflow: Workflow, verdict: Verdict) -> tuple[object, ...]:
    names, states = [step.step for step in verdict.steps], [step.state.value for step in verdict.steps]
    findings = [(finding.step, finding.kind.value) for finding in verdict.findings]
    told = workflow.content_hash, verdict.state.value, names, states, findings, verdict.digest
    return workflow.name, verdict.correlation_id, told


def opened(workflow: Workflow, verdict: Verdict) -> Iterator[tuple[object, ...]]:
    for finding in verdict.findings:
        told = finding.since, workflow.content_hash
        yield workflow.name, verdict.correlation_id, finding.step, finding.kind.value, told


class Trickle:
    """One evaluator after the other, at instants that rise to that of the case."""

    def __init__(self, clickhouse: ClickHouse, database: Database, drawn: Case) -> None:
        self.random = Random(drawn.seed)
        self.clickhouse = clickhouse
        self.database = database
        self.drawn = drawn
        self.now = drawn.as_of - 30 * MINUTE
        self.count = 0
        self.steadiness = self.random.choice([0.6, 1.0])  # with which an evaluator has the rules of the end
        self.neighbour = self.another_workflow()
        self.versions = drawn.workflow, self.second_version()
        self.final = self.directory()
        self.shares = self.random.choice(SHARES)
        self.evaluators = self.another()

    def batches(self) -> Iterator[list[Event]]:
        """Every event once or twice, in any order."""
        random = self.random
        events = [event for events in self.drawn.sets.values() for event in events]
        events += random.sample(events, len(events) // 5)
        random.shuffle(events)
        cuts = sorted(random.sample(range(1, len(events)), ROUNDS - 1))
        yield from (events[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(events)], strict=True))

    def another(self, *, final: bool = False) -> list[Evaluator]:
        """One for each share."""
        self.count += not final  # the last carries on, for the instant at which it begins is the last as well
        if not final and self.random.random() < 0.3:
            self.shares = self.random.choice(SHARES)
        rules = self.final if final or self.random.random() < self.steadiness else self.directory()
        batch = 20_000 if final else self.random.choice([5, 20_000])
        settings = replace(SETTINGS, overlap=0, batch=batch, sweep_every=self.random.choice([MINUTE, 60 * MINUTE]))
        self.store = Interrupting(self.clickhouse)
        name = f"number {self.count}"
        return [Evaluator(self.store, self.database, rules, settings, name, it) for it in shares(self.shares)]

    def directory(self) -> tuple[Rule, ...]:
        """The workflow in one version, in another, in both or changed; beside another one, or without."""
        random = self.random
        first, second = self.versions
        workflows = random.choice([(first,), (first, second), (second,), (self.changed(first),), ()])
        neighbours = random.choice([(), (self.neighbour,)]) if workflows else (self.neighbour,)
        return rules_of([*workflows, *neighbours])

    def second_version(self) -> Workflow:
        """Takes effect while instances begin."""
        effective_from = self.drawn.as_of - self.random.randint(-2, 13) * MINUTE
        return replace(self.changed(self.drawn.workflow), version=2, effective_from=effective_from)

    def changed(self, workflow: Workflow) -> Workflow:
        """Without the step that nothing depends on."""
        steps = workflow.in_graph_order()[:-1] or workflow.steps
        grace = self.random.choice([0, MINUTE])
        return replace(workflow, steps=steps, grace=grace, cancel=None, at_risk=None, customer=None)

    def another_workflow(self) -> Workflow:
        """Shares correlation IDs: what opens an instance of it is no orphan of the other."""
        step = Step("only", self.drawn.workflow.steps[0].matcher, within=3 * MINUTE)
        orphans = self.random.choice(list(Orphans))
        return Workflow("neighbour", named(OTHER_START), (step,), grace=MINUTE, orphans=orphans)

    def go_on(self) -> None:
        """A while passes, in which anything can happen."""
        random = self.random
        self.now += random.choice([0, 1, MINUTE, 2 * MINUTE, 5 * MINUTE + 1])
        if random.random() < 0.4:
            self.now += MINUTE  # by then the lease has run out
            self.evaluators = self.another()
        elif random.random() < 0.3:
            self.use(self.directory())
        if random.random() < 0.6:
            around = random.choice([self.store.before, self.store.after])
            around(random.choice(["findings", "deadlines", "instances"]), self.cut_off)
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            self.tick()

    def tick(self) -> bool:
        """Whether there is more to do."""
        more = [self.tick_of(it) for it in self.random.sample(self.evaluators, len(self.evaluators))]
        return any(more)

    def tick_of(self, evaluator: Evaluator) -> bool:
        """Whoever is cut off forgets."""
        try:
            tick = evaluator.tick(min(self.now, self.drawn.as_of))
        except StoreUnavailable:
            evaluator.forget()
            return True
        return tick is None or tick.more

    def use(self, rules: tuple[Rule, ...]) -> None:
        for evaluator in self.evaluators:
            evaluator.use(rules)

    def cut_off(self) -> None:
        raise StoreUnavailable("cut off")

    def finish(self) -> None:
        if self.random.random() < 0.5:
            self.use(self.final)
        else:
            self.evaluators = self.another(final=True)
        self.now = self.drawn.as_of
        for _ in range(2):  # first a round that has begun before
            while self.tick():
                pass
