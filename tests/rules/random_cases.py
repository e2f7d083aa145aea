"""Random workflows and event sets, made from a seed: the same seed gives the same case.

Everything lies on a coarse grid of `unit` microseconds, jittered by one microsecond now and then: so deadlines, events
and the instant of judging meet exactly, or miss each other by the least there is, all the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import msgspec

from rules.expression import START, Expression
from rules.spec import AtRisk, Late, Match, Matcher, Severity, Step, Workflow
from store.event import MINUTE, Event
from tests.rules.oracle_expression import is_true
from tests.rules.random_attributes import attributes
from tests.rules.random_expressions import Expressions

AS_OF = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z
STEP_NAMES = ["Paid", "Shipped", "Checked", "Send Fine", "Überprüft", 'say "x" \\', "Packed", "order.closed", "_x1"]
SHARED = "Updated"  # an event name that several steps listen to
SOURCES = ["shop", "billing", "é", ""]


@dataclass(frozen=True)
class Case:
    """One workflow, and event sets by correlation ID, to be judged at `as_of`."""

    seed: int
    workflow: Workflow
    as_of: int
    sets: dict[str, list[Event]]


def case(seed: int, sets: int = 40, unit: int = MINUTE, *, fitting: bool = False) -> Case:
    """`fitting`: the workflow is one that the parser takes."""
    random = Random(seed)
    as_of = AS_OF + random.choice([0, 0, 1, 999_999, random.randrange(86_400_000_000)])
    workflow = Workflows(random, as_of, unit, fitting=fitting).workflow()
    suffixes = ["", "", "", "", " ", "ü", "'", '"\\', "%s", "☃", "-0"]
    names = [f"{seed}-{number}{random.choice(suffixes)}" for number in range(sets)]
    return Case(seed, workflow, as_of, {name: Lives(random, workflow, name, as_of, unit).events() for name in names})


class Workflows:
    """Makes one workflow whose steps form a random graph."""

    def __init__(self, random: Random, as_of: int, unit: int, *, fitting: bool) -> None:
        self.random = random
        self.as_of = as_of
        self.fitting = fitting
        self.unit = unit
        self.shares = random.random() < 0.4

    def workflow(self) -> Workflow:
        random = self.random
        names = random.sample(STEP_NAMES, random.choice([1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7]))
        owner, severity = random.choice(["", "orders"]), random.choice(list(Severity))
        within = self.units(3, 12) if random.random() < 0.25 else None
        steps = [self.step(name, names[:place], within is not None) for place, name in enumerate(names)]
        over_all = self.expressions([START, *names])
        return Workflow(
            name=f"flow-{random.randrange(1000)}",
            start=self.matcher("Placed", 0.15),
            steps=tuple(self.owned(step, owner, severity) for step in random.sample(steps, len(steps))),
            description=random.choice(["", "Every order: paid, shipped # and 'checked' ☃", "two\nlines"]),
            noun=random.choice(["instance", "order"]),
            owner=owner,
            severity=severity,
            labels=random.choice([{}, {"tier": "1", "ü: #": 'x"y'}]),
            grace=self.units(1, 3) if random.random() < 0.6 else 0,
            skew=self.units(1, 2) if random.random() < 0.5 else 0,
            within=within,
            cancel=self.matcher("Cancelled", 0.1, ["Stopped", *names]) if random.random() < 0.55 else None,
            ends_on=self.matcher("Closed", 0.1, ["Stopped", *names]) if random.random() < 0.3 else None,
            at_risk=self.at_risk(over_all) if random.random() < 0.5 else None,
            customer=over_all.text_to_show() if random.random() < 0.5 else None,
        )

    def units(self, least: int, most: int) -> int:
        return self.random.randint(least, most) * self.unit

    def expressions(self, steps: Sequence[str | None]) -> Expressions:
        return Expressions(self.random, steps, self.as_of, self.unit, fitting=self.fitting)

    def at_risk(self, over_all: Expressions) -> AtRisk:
        return AtRisk(over_all.number(0), over_all.text_to_show() if self.random.random() < 0.6 else None)

    def owned(self, step: Step, owner: str, severity: Severity) -> Step:
        if self.random.random() < 0.3:
            owner, severity = "others", self.random.choice(list(Severity))
        return replace(step, owner=owner, severity=severity)

    def matcher(self, name: str, chance_of_where: float, others: Sequence[str] = ()) -> Matcher:
        random = self.random
        names = [name]
        if random.random() < 0.2:
            names.append(random.choice([*others, f"{name}V2"]))
        return Matcher(tuple(Match(name, self.where(chance_of_where)) for name in names))

    def where(self, chance: float) -> Expression | None:
        return self.expressions([None]).condition(1) if self.random.random() < chance else None

    def step(self, name: str, earlier: Sequence[str], whole_has_deadline: bool) -> Step:
        random = self.random
        any_of = bool(earlier) and random.random() < 0.22
        optional = random.random() < 0.25
        due = self.expressions([START, START, *earlier]).due() if random.random() < 0.25 else None
        within = self.units(1, 6) if random.random() < 0.7 else None
        if within is None and due is None and not whole_has_deadline and not optional:
            within = self.units(1, 6)
        return Step(
            name=name,
            matcher=self.step_matcher(name, earlier),
            after=() if any_of else self.after(earlier),
            after_any=self.after_any(earlier) if any_of else (),
            within=within,
            due=due,
            when=self.when(earlier) if random.random() < 0.3 else None,
            optional=optional,
            late=random.choice(list(Late)),
            description=random.choice(["", "what: it does"]),
            runbook=random.choice(["", "https://runbooks.example/x#y"]),
        )

    def step_matcher(self, name: str, earlier: Sequence[str]) -> Matcher:
        kind = self.random.random()
        if self.shares and kind < 0.4:
            return self.matcher(SHARED, 0.8)
        if kind < 0.47:
            return self.matcher("Placed", 0.3)
        if kind < 0.55 and earlier:
            return self.matcher(self.random.choice(earlier), 0.3)
        return self.matcher(name, 0.15, [SHARED, *earlier])

    def after(self, earlier: Sequence[str]) -> tuple[str, ...]:
        if not earlier or self.random.random() < 0.3:
            return (START,)
        return self.some_of([START, *earlier, *earlier[-2:]])

    def after_any(self, earlier: Sequence[str]) -> tuple[str, ...]:
        return self.some_of(earlier if self.random.random() < 0.85 else [*earlier, START, START])

    def some_of(self, names: Sequence[str]) -> tuple[str, ...]:
        count = min(len(names), self.random.choice([1, 1, 2, 2, 3]))
        return tuple(dict.fromkeys(self.random.sample(names, count)))

    def when(self, earlier: Sequence[str]) -> Expression:
        named = self.some_of(earlier) if earlier and self.random.random() < 0.5 else [START, *earlier[-1:]]
        return self.expressions(named).condition()


class Lives:
    """Makes the events of one correlation ID: a plausible life of the workflow, with everything going wrong in it."""

    def __init__(self, random: Random, workflow: Workflow, correlation_id: str, as_of: int, unit: int) -> None:
        self.random = random
        self.workflow = workflow
        self.correlation_id = correlation_id
        self.unit = unit
        self.begin = as_of - random.choice([random.randint(-1, 4), random.randint(2, 12), 25]) * unit + self.jitter()
        self.reliability = random.choice([0.4, 0.75, 0.9, 1.0])
        self.times = {START: self.begin}
        self.count = 0

    def events(self) -> list[Event]:
        random = self.random
        made = [*self.starts(), *self.step_events(), *self.ends(), *self.unrelated()]
        made += [copy for event in made if random.random() < 0.12 for copy in self.copies(event)]
        random.shuffle(made)
        return made

    def starts(self) -> Iterator[Event]:
        kind = self.random.random()
        if kind > 0.03:
            yield self.matching(self.workflow.start, self.begin)
        while kind > 0.85:
            yield self.matching(self.workflow.start, self.begin + self.offset(-2, 5))
            kind -= 0.08

    def step_events(self) -> Iterator[Event]:
        for step in self.workflow.in_graph_order():
            time = self.time_of(step)
            if self.random.random() < (0.5 if step.optional else 1) * self.reliability:
                self.times[step.name] = time
                yield self.matching(step.matcher, time)
                if self.random.random() < 0.12:
                    yield self.matching(step.matcher, time + self.offset(-3, 6))

    def time_of(self, step: Step) -> int:
        """Near what the step comes after: in time, on the deadline, late, or before what it should follow."""
        random, workflow = self.random, self.workflow
        known = [self.times[name] for name in step.predecessors if name in self.times] or [self.begin]
        base = min(known) if step.after_any else max(known)
        kind = random.random()
        if kind < 0.35:
            return base + self.offset(0, 3)
        if kind < 0.65 and step.within is not None:
            return base + step.within + random.choice([0, 0, workflow.grace, workflow.skew]) + self.jitter()
        if kind < 0.85:
            return base - random.choice([0, workflow.skew, workflow.skew, self.unit * 2]) + self.jitter()
        return base + self.offset(-3, 10)

    def ends(self) -> Iterator[Event]:
        time = self.begin
        for matcher in (self.workflow.cancel, self.workflow.ends_on):
            while matcher is not None and self.random.random() < 0.4:
                if self.random.random() < 0.8:  # else at the same instant as the end before it
                    time = self.random.choice([*self.times.values()]) - self.random.choice([0, self.workflow.skew])
                    time += self.random.choice([self.jitter(), self.offset(-2, 4)])
                yield self.matching(matcher, time)

    def unrelated(self) -> Iterator[Event]:
        while self.random.random() < 0.2:
            names = ["Noise", "placed", "", self.random.choice(STEP_NAMES), SHARED]
            yield self.event(self.random.choice(names), self.begin + self.offset(-5, 12), self.attributes())

    def offset(self, least: int, most: int) -> int:
        return self.random.randint(least, most) * self.unit + self.jitter()

    def jitter(self) -> int:
        return self.random.choice([-1, 0, 0, 0, 1])

    def attributes(self) -> str:
        return "{}" if self.random.random() < 0.04 else attributes(self.random, self.begin, self.unit)

    def matching(self, matcher: Matcher, time: int) -> Event:
        """An event that the matcher, in nearly every case, takes."""
        match = self.random.choice(matcher.alternatives)
        text = self.attributes()
        for _ in range(self.random.choice([0, 4, 12])):
            if is_true(match.where, {None: text}):
                break
            text = self.attributes()
        return self.event(match.name, time, text)

    def event(self, name: str, time: int, text: str) -> Event:
        self.count += 1
        return Event(
            # The number last, or ties would always fall to the event made first; and the same ID from many sources.
            id=f"{self.random.choice('abcé')}{self.count // 2}",
            correlation_id=self.correlation_id,
            name=name,
            time=time,
            source=self.random.choice(SOURCES) + ("" if self.count % 2 else "2"),
            attributes=text,
            received_at=time + self.random.randrange(1_000_000),
        )

    def copies(self, event: Event) -> Iterator[Event]:
        """Redeliveries of one event: exact, or differing in what counts or in what does not."""
        random = self.random
        kind = random.random()
        name, time, text = event.name, event.time, event.attributes
        if kind < 0.2:
            time += self.offset(-2, 3)
        elif kind < 0.3:
            time += random.choice([-1, 1])
        elif kind < 0.45:
            name = random.choice([*self.workflow.start.names, *(step.name for step in self.workflow.steps), SHARED])
        elif kind < 0.7:
            text = random.choice([self.attributes(), text.replace(" ", ""), "{}"])
        received_at = event.received_at + random.choice([0, 5_000_000])
        yield msgspec.structs.replace(event, name=name, time=time, attributes=text, received_at=received_at)
        if random.random() < 0.2:
            yield from self.copies(event)
