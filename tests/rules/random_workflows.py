"""Random workflows over every key of the language that judging reads."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from rules.expression import START, Expression, Literal
from rules.spec import AtRisk, Late, Match, Matcher, Orphans, Severity, Share, Step, Workflow
from tests.rules.random_expressions import Expressions

STEP_NAMES = ["Paid", "Shipped", "Checked", "Send Fine", "Überprüft", 'say "x" \\', "Packed", "order.closed", "_x1"]
SHARED = "Updated"  # an event name that several steps listen to


class Workflows:
    """Makes one workflow whose steps form a random graph. `unit`: µs, see the cases."""

    def __init__(self, random: Random, as_of: int, unit: int, *, fitting: bool) -> None:
        self.random = random
        self.as_of = as_of
        self.fitting = fitting
        self.unit = unit
        self.shares = random.random() < 0.3
        self.undoes = random.choice([0.1, 0.9])

    def workflow(self) -> Workflow:
        random = self.random
        names = random.sample(STEP_NAMES, random.choice([1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7]))
        owner, severity = random.choice(["", "orders"]), random.choice(list(Severity))
        within = self.units(3, 12) if random.random() < 0.25 else None
        steps: list[Step] = []
        for name in names:
            steps.append(self.step(name, steps, within is not None))
        over_all = self.expressions([START, *names])
        version = random.choice([1, 1, 2, 7])
        return Workflow(
            name=f"flow-{random.randrange(1000)}",
            version=version,
            effective_from=self.as_of - self.units(-2, 12) if version > 1 or self.chance(0.1) else None,
            start=self.matcher("Placed", 0.15),
            steps=tuple(self.owned(step, owner, severity) for step in random.sample(steps, len(steps))),
            description=random.choice(["", "Every order: paid, shipped # and 'checked' ☃", "two\nlines"]),
            noun=random.choice(["instance", "order"]),
            owner=owner,
            severity=severity,
            labels=random.choice([{}, {"tier": "1", "ü: #": 'x"y'}]),
            grace=self.units(1, 3) if self.chance(0.6) else 0,
            skew=self.units(1, 2) if self.chance(0.5) else 0,
            within=within,
            cancel=self.matcher("Cancelled", 0.1, ["Stopped", *names]) if self.chance(max(0.55, self.undoes)) else None,
            ends_on=self.matcher("Closed", 0.1, ["Stopped", *names]) if self.chance(0.25) else None,
            at_risk=self.at_risk(over_all) if self.chance(0.5) else None,
            customer=over_all.text_to_show() if self.chance(0.5) else None,
            orphans=Orphans.FLAG if self.chance(0.5) else Orphans.IGNORE,
        )

    def chance(self, chance: float) -> bool:
        return self.random.random() < chance

    def units(self, least: int, most: int) -> int:
        return self.random.randint(least, most) * self.unit

    def expressions(self, steps: Sequence[str | None]) -> Expressions:
        return Expressions(self.random, steps, self.as_of, self.unit, fitting=self.fitting)

    def at_risk(self, over_all: Expressions) -> AtRisk:
        return AtRisk(over_all.number(0), over_all.text_to_show() if self.chance(0.6) else None)

    def owned(self, step: Step, owner: str, severity: Severity) -> Step:
        if self.chance(0.3):
            owner, severity = "others", self.random.choice(list(Severity))
        return replace(step, owner=owner, severity=severity)

    # Matchers

    def matcher(self, name: str, chance_of_where: float, others: Sequence[str] = ()) -> Matcher:
        names = [name]
        if self.chance(0.2):
            names.append(self.random.choice([*others, f"{name}V2"]))
        return Matcher(tuple(Match(name, self.where(chance_of_where)) for name in names))

    def where(self, chance: float) -> Expression | None:
        return self.expressions([None]).condition(1) if self.chance(chance) else None

    def step_matcher(self, name: str, earlier: Sequence[str]) -> Matcher:
        kind = self.random.random()
        if self.shares and kind < 0.4:
            return self.matcher(SHARED, 0.8)
        if kind < 0.44:
            return self.matcher("Placed", 0.3)
        if kind < 0.5 and earlier:
            return self.matcher(self.random.choice(earlier), 0.3)
        return self.matcher(name, 0.15, [SHARED, "confirmed", *earlier])

    # Steps

    def step(self, name: str, before: Sequence[Step], whole_has_deadline: bool) -> Step:
        """A step that may depend on those before it."""
        earlier = [step.name for step in before]
        any_of = bool(earlier) and self.chance(0.22)
        at_most = self.random.choice([0, 1, 1, 1, 2]) if self.chance(0.25) else None
        due = self.expressions([START, START, *earlier]).due() if self.chance(0.25) else None
        needs = self.some_of(lasting) if (lasting := [it.name for it in before if it.expires]) else ()
        step = Step(
            name=name,
            matcher=self.step_matcher(name, earlier),
            after=() if any_of else self.after(earlier),
            after_any=self.after_any(earlier) if any_of else (),
            within=self.units(1, 6) if self.chance(0.7) else None,
            due=due,
            when=self.when(earlier) if self.chance(0.25) else None,
            optional=at_most == 0 or self.chance(0.22),
            late=self.random.choice(list(Late)),
            description=self.random.choice(["", "what: it does"]),
            runbook=self.random.choice(["", "https://runbooks.example/x#y"]),
            warn=self.warn() if self.chance(0.4) else None,
            times=self.times(earlier) if self.chance(0.3) else None,
            at_most=at_most,
            match=self.match(earlier) if self.chance(0.25) else None,
            fails_on=self.matcher(f"{name}Failed", 0.1, ["Failed", *earlier]) if self.chance(0.45) else None,
            expires=self.units(1, 6) if self.chance(0.35) else None,
            needs=needs if self.chance(0.6) else (),
            escalate_after=self.units(1, 60) if self.chance(0.2) else None,
        )
        step = self.undoable(step) if self.chance(self.undoes) else step
        step = self.with_room(step) if self.fitting else step
        can_be_due = step.within or step.due or step.needs or step.optional or whole_has_deadline
        return step if can_be_due else replace(step, within=self.units(1, 6))

    def with_room(self, step: Step) -> Step:
        """`at_most` is no less than `times`, where that is a number: the parser refuses the rule otherwise."""
        needed = step.times.value if isinstance(step.times, Literal) else None
        if step.at_most is None or not isinstance(needed, int) or step.at_most >= needed:
            return step
        return replace(step, at_most=needed)

    def undoable(self, step: Step) -> Step:
        return replace(
            step,
            undone_by=self.matcher(f"{step.name}Undone", 0.1, ["Undone", "Cancelled"]),
            undo_within=self.units(1, 4),
            leave_behind=self.chance(0.15),
        )

    def after(self, earlier: Sequence[str]) -> tuple[str, ...]:
        if not earlier or self.chance(0.3):
            return (START,)
        return self.some_of([START, *earlier, *earlier[-2:]])

    def after_any(self, earlier: Sequence[str]) -> tuple[str, ...]:
        return self.some_of(earlier if self.chance(0.85) else [*earlier, START, START])

    def some_of(self, names: Sequence[str]) -> tuple[str, ...]:
        count = min(len(names), self.random.choice([1, 1, 2, 2, 3]))
        return tuple(dict.fromkeys(self.random.sample(names, count)))

    def when(self, earlier: Sequence[str]) -> Expression:
        named = self.some_of(earlier) if earlier and self.chance(0.5) else [START, *earlier[-1:]]
        return self.expressions(named).condition()

    def match(self, earlier: Sequence[str]) -> Expression:
        return self.expressions([None, None, START, *earlier[-2:]]).condition()

    def times(self, earlier: Sequence[str]) -> Expression:
        if self.chance(0.5):
            return Literal(self.random.choice([1, 2, 2, 3]))
        found = self.expressions([START, *earlier[-2:]]).count()
        return Literal(self.random.choice([0, 3])) if self.fitting and isinstance(found, Literal) else found

    def warn(self) -> Share | int:
        return Share(self.random.choice([1, 33, 50, 80, 99])) if self.chance(0.5) else self.units(1, 4)
