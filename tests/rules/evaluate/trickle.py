"""Evaluators at work while events trickle in: they tick, are cut off in the middle of a write, replaced by others, and
given other rules: changed ones, a version more or less, a workflow less. There is one share, or there are several; who
follows may divide anew. Names fall silent and come back."""

from collections import defaultdict
from dataclasses import replace
from random import Random

from rules.evaluate.evaluator import Evaluator
from rules.held import Holding
from rules.ruleset import Rule, rules_of
from rules.spec import Orphans, Step, Workflow
from store.clickhouse import ClickHouse
from store.database import Database
from store.errors import StoreUnavailable
from store.event import MINUTE, Event
from store.shares import shares
from tests.rules.evaluate.arriving import ROUNDS, Arriving
from tests.rules.evaluate.silences import Silences
from tests.rules.evaluate.test_evaluator import SETTINGS, Interrupting
from tests.rules.random_cases import Case
from tests.rules.random_histories import OTHER_START, History
from tests.rules.random_workflows import Workflows
from tests.rules.shop import named

SHARES = 1, 2, 3
AT_ONCE = 10 * MINUTE  # of the store's clock, within which an insert may become visible late


class Trickle:
    """One evaluator after the other, at instants that rise to that of the case."""

    def __init__(self, clickhouse: ClickHouse, database: Database, drawn: Case) -> None:
        self.random = random = Random(drawn.seed)
        self.clickhouse = clickhouse
        self.database = database
        self.drawn = drawn
        self.now = drawn.as_of - 2 * ROUNDS * MINUTE  # about what passes until the end
        self.count = 0
        self.steadiness = random.choice([0.6, 1.0])  # with which an evaluator has the rules of the end
        self.neighbour = random.choice([self.other_workflow, self.small_workflow])()
        self.versions = drawn.workflow, self.second_version()
        self.final = self.directory()
        self.overlap = random.choice([0, AT_ONCE])
        self.names = frozenset[str]().union(*(rule.names for rule in self.final))
        self.arriving = Arriving(random, clickhouse, self.events(), self.names, late=self.overlap > 0)
        self.silences = Silences(random, database, sorted(self.names))
        self.shares = random.choice(SHARES)
        self.evaluators = self.another()

    def events(self) -> list[Event]:
        """Half of the correlation IDs live in both workflows. Of copies that differ in name, all are asked for or none:
        what the evaluator is not told of when it comes is what the sweep is for."""
        drawn, random = self.drawn, self.random
        events = [event for events in drawn.sets.values() for event in events]
        for name in random.sample(list(drawn.sets), len(drawn.sets) // 2):
            events += History(random, self.neighbour, name, drawn.as_of, MINUTE).events()
        asked: dict[tuple[str, ...], set[bool]] = defaultdict(set)
        for it in events:
            asked[it.correlation_id, it.source, it.id].add(it.name in self.names)
        return [it for it in events if len(asked[it.correlation_id, it.source, it.id]) == 1]

    def another(self, *, final: bool = False, sweeps: bool = False) -> list[Evaluator]:
        """One for each share. Where it `sweeps`, whenever it can: it never rests."""
        self.count += not final  # the last carries on, for the instant at which it begins is the last as well
        if not final and self.random.random() < 0.3:
            self.shares = self.random.choice(SHARES)
        rules = self.final if final or self.random.random() < self.steadiness else self.directory()
        batch = 20_000 if final else self.random.choice([30, 20_000])
        every = 0 if sweeps else self.random.choice([MINUTE, 60 * MINUTE])
        beat = 0 if sweeps else SETTINGS.tick
        settings = replace(SETTINGS, tick=beat, overlap=self.overlap, batch=batch, sweep_every=every)
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

    def small_workflow(self) -> Workflow:
        """What opens an instance of it is no orphan of the other."""
        step = Step("only", self.drawn.workflow.steps[0].matcher, within=3 * MINUTE)
        orphans = self.random.choice(list(Orphans))
        return Workflow("neighbour", named(OTHER_START), (step,), grace=MINUTE, orphans=orphans)

    def other_workflow(self) -> Workflow:
        """It begins as the first one does, or has a start of its own; events of the same names mean other steps."""
        other = Workflows(self.random, self.drawn.as_of, MINUTE, fitting=False).workflow()
        start = self.random.choice([other.start, named(OTHER_START)])
        return replace(other, name="neighbour", version=1, effective_from=None, start=start)

    def go_on(self) -> None:
        """A while passes, in which anything can happen."""
        random = self.random
        self.pass_by(random.choice([0, 1, MINUTE, 2 * MINUTE, 5 * MINUTE + 1]))
        if random.random() < 0.4:
            self.pass_by(MINUTE)  # by then the lease has run out
            self.evaluators = self.another()
        elif random.random() < 0.3:
            self.use(self.directory())
        if random.random() < 0.6:
            around = random.choice([self.store.before, self.store.after])
            around(random.choice(["findings", "deadlines", "instances"]), self.cut_off)
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            self.tick()
        self.silences.go_on(self.now)

    def pass_by(self, micros: int) -> None:
        """In the end there is time left to lose a lease, and to look again at what is silent."""
        self.now = min(self.now + micros, self.drawn.as_of - MINUTE)

    def tick(self) -> bool:
        """Whether there is more to do."""
        more = [self.tick_of(it) for it in self.random.sample(self.evaluators, len(self.evaluators))]
        return any(more)

    def tick_of(self, evaluator: Evaluator) -> bool:
        """Whoever is cut off forgets."""
        try:
            tick = evaluator.tick(self.now)
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
        if self.silences.early:
            self.now += MINUTE // 2
            self.settle()  # or nothing would have been held that is let go of now
            self.silences.end_all(self.now)
        self.now = self.drawn.as_of
        if self.random.random() < 0.5:
            self.use(self.final)
        else:
            self.evaluators = self.another(final=True)
        for _ in range(2):  # first a round that has begun before
            self.settle()
        if self.arriving.slipped:
            self.evaluators = self.another(final=True, sweeps=True)
            for _ in range(8 * SETTINGS.sweep_slices):  # each has something to judge by each rule, and to close
                self.tick()

    def settle(self) -> None:
        while self.tick():
            pass

    @property
    def holding(self) -> Holding:
        """In the end."""
        return self.silences.holding(self.drawn.as_of)
