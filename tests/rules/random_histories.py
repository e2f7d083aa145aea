"""Random events of one correlation ID: a plausible life of a workflow, with everything going wrong in it."""

import json
from collections.abc import Iterator
from random import Random

import msgspec

from rules.expression import START, Literal
from rules.spec import Matcher, Step, Workflow
from store.event import Event
from tests.rules.oracle_events import ABSENT, CONFIRMED, OURS
from tests.rules.oracle_expression import is_true
from tests.rules.random_attributes import attributes
from tests.rules.random_workflows import SHARED, STEP_NAMES

SOURCES = ["shop", "billing", "é", ""]
OTHER_START = "Enquired"  # opens an instance of some other workflow


class History:
    """Makes the events of one correlation ID. `unit`: µs, see the cases."""

    def __init__(self, random: Random, workflow: Workflow, correlation_id: str, as_of: int, unit: int) -> None:
        self.random = random
        self.workflow = workflow
        self.correlation_id = correlation_id
        self.unit = unit
        age = random.choice([random.randint(-1, 4), random.randint(2, 12), random.randint(6, 14), 25])
        self.begin = as_of - age * unit + self.jitter()
        self.reliability = random.choice([0.4, 0.75, 0.9, 1.0])
        self.failures = random.choice([0.1, 0.8])
        self.times = {START: self.begin}
        self.count = 0

    def events(self) -> list[Event]:
        random = self.random
        made = [*self.starts(), *self.step_events(), *self.ends(), *self.undoing(), *self.unrelated()]
        made += [copy for event in made if random.random() < 0.1 for copy in self.copies(event)]
        random.shuffle(made)
        return made

    def starts(self) -> Iterator[Event]:
        kind = self.random.random()
        if kind > 0.08:
            yield self.matching(self.workflow.start, self.begin)
        elif kind < 0.02:
            yield self.event(OTHER_START, self.begin + self.offset(-2, 8), self.attributes())
        while kind > 0.85:
            yield self.matching(self.workflow.start, self.begin + self.offset(-2, 5))
            kind -= 0.08

    # Steps

    def step_events(self) -> Iterator[Event]:
        for step in self.workflow.in_graph_order():
            time = self.time_of(step)
            if self.random.random() < (0.5 if step.optional else 1) * self.reliability:
                self.times[step.name] = time
                yield from (self.matching(step.matcher, at) for at in self.repeated(step, time))
            while self.random.random() < 0.17:
                yield self.testimony(step)
            if step.fails_on and self.random.random() < (0.08 if step.name in self.times else self.failures):
                yield self.matching(step.fails_on, time + self.offset(-2, 3))

    def time_of(self, step: Step) -> int:
        """Near what the step comes after: in time, on the deadline, late, or before what it should follow."""
        random, workflow = self.random, self.workflow
        known = [self.times[name] for name in step.predecessors if name in self.times] or [self.begin]
        base = min(known) if step.after_any else max(known)
        kind = random.random()
        if kind < 0.35:
            return base + self.offset(0, 3)
        if kind < 0.6 and step.within is not None:
            return base + step.within + random.choice([0, 0, workflow.grace, workflow.skew]) + self.jitter()
        if kind < 0.68 and (holds := self.holds(step)):
            return random.choice(holds) + random.choice([0, workflow.grace]) + self.jitter()
        if kind < 0.83:
            return base - random.choice([0, workflow.skew, workflow.skew, self.unit * 2]) + self.jitter()
        return base + self.offset(-3, 10)

    def holds(self, step: Step) -> list[int]:
        """When what the step needs expires."""
        lasting = {needed: self.workflow.step(needed).expires or 0 for needed in step.needs if needed in self.times}
        return [self.times[needed] + expires for needed, expires in lasting.items()]

    def repeated(self, step: Step, first: int) -> Iterator[int]:
        """The times of the events that fulfil one step: as many as it takes, or one more or less."""
        random = self.random
        wanted = random.choice([1, 1, 2, 3]) if step.times else 1
        if isinstance(step.times, Literal) and step.times.value in (1, 2, 3):
            wanted = int(step.times.value)
        count = wanted + random.choice([0, 0, 0, 0, 1, -1 if step.times else 0])
        if step.at_most is not None and random.random() < 0.4:
            count = step.at_most + random.choice([0, 1, 2])
        yield first
        yield from (first + self.offset(-1, 3) for _ in range(count - 1))

    def testimony(self, step: Step) -> Event:
        """Somebody's word on a step; now and then on none of this workflow, or no word at all."""
        random = self.random
        said = {
            "workflow": random.choice([self.workflow.name] * 14 + ["flow", None, 1]),
            "step": random.choice([step.name] * 10 + [random.choice(self.workflow.steps).name, "start", None]),
            "actor": "ann",
            "reason": "☃ said so",
        }
        name = random.choice([CONFIRMED] * 6 + [ABSENT] * 4 + ["Confirmed", step.name, *self.workflow.start.names])
        time = random.choice([self.begin, *self.times.values(), self.time_of(step)]) + self.offset(-1, 6)
        text = json.dumps(said, ensure_ascii=random.random() < 0.5)
        source = OURS if random.random() < 0.93 else random.choice(SOURCES)
        return msgspec.structs.replace(self.event(name, time, text), source=source)

    # Ends, undoing, and what is none of the workflow's business

    def ends(self) -> Iterator[Event]:
        time = self.begin
        for matcher in (self.workflow.cancel, self.workflow.ends_on):
            while matcher is not None and self.random.random() < 0.4:
                if self.random.random() < 0.8:  # else at the same instant as the end before it
                    time = self.random.choice([*self.times.values()]) - self.random.choice([0, self.workflow.skew])
                    time += self.random.choice([self.jitter(), self.offset(-2, 4)])
                self.times["an end"] = time
                yield self.matching(matcher, time)

    def undoing(self) -> Iterator[Event]:
        """Around the step, on which it depends whether it counts, and around the last instant for it."""
        for step in self.workflow.steps:
            while step.undone_by and self.random.random() < 0.35:
                at = self.times.get(step.name, self.begin)
                early = at - self.workflow.skew + self.jitter()
                last = max(at, self.times.get("an end", at)) + (step.undo_within or 0)
                late = last + self.random.choice([0, self.workflow.grace]) + self.jitter()
                yield self.matching(step.undone_by, self.random.choice([early, early - self.unit, late, late]))

    def unrelated(self) -> Iterator[Event]:
        while self.random.random() < 0.2:
            names = ["Noise", "placed", "", OTHER_START, self.random.choice(STEP_NAMES), SHARED]
            yield self.event(self.random.choice(names), self.begin + self.offset(-5, 12), self.attributes())

    # Single events

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
