"""Random cases, made from a seed: the same seed gives the same case. As a command: how often what occurs in them.

Everything lies on a coarse grid of `unit` microseconds, jittered by one microsecond now and then: so deadlines, events
and the instant of judging meet exactly, or miss each other by the least there is, all the time.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random

from rules.held import ANY_NAME, NOTHING_HELD, Held, Holding
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Match, Matcher, Workflow
from rules.verdict import Answer, InstanceState, Kind, StepState, Verdict
from store.event import MINUTE, Event
from tests.rules import oracle
from tests.rules.random_expressions import Expressions
from tests.rules.random_histories import OTHER_START, History
from tests.rules.random_workflows import Workflows

AS_OF = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z


@dataclass(frozen=True)
class Case:
    """One workflow, and event sets by correlation ID, of which those of `lives` are to be judged at `as_of`."""

    seed: int
    workflow: Workflow
    as_of: int
    sets: dict[str, list[Event]]
    lives: Lives = EVERYTHING
    holding: Holding = field(default_factory=dict)

    def answers(self) -> dict[str, Answer | None]:
        """The oracle's."""
        judged = partial(oracle.judge, self.workflow, as_of=self.as_of, lives=self.lives, holding=self.holding)
        return {name: judged(events=it) for name, it in self.sets.items()}


def case(seed: int, sets: int = 40, unit: int = MINUTE, *, fitting: bool = False) -> Case:
    """`fitting`: the workflow is one that the parser takes."""
    random = Random(seed)
    as_of = AS_OF + random.choice([0, 0, 1, 999_999, random.randrange(86_400_000_000)])
    workflow = Workflows(random, as_of, unit, fitting=fitting).workflow()
    suffixes = ["", "", "", "", " ", "ü", "'", '"\\', "%s", "☃", "-0"]
    names = [f"{seed}-{number}{random.choice(suffixes)}" for number in range(sets)]
    histories = {name: History(random, workflow, name, as_of, unit).events() for name in names}
    answered = lives(random, as_of, unit)
    return Case(seed, workflow, as_of, histories, answered, holding(random, workflow, as_of, unit))


def holding(random: Random, workflow: Workflow, as_of: int, unit: int) -> Holding:
    """Mostly nothing; else some of the names that the workflow asks for, since about the time of their deadlines."""
    if random.random() < 0.6:
        return NOTHING_HELD
    names = sorted({ANY_NAME, OTHER_START, "Noise", *_names(workflow)})
    return {name: _held(random, as_of, unit) for name in random.sample(names, random.randint(1, min(3, len(names))))}


def _names(workflow: Workflow) -> Iterator[str]:
    of_steps = (it for step in workflow.steps for it in (step.matcher, step.fails_on, step.undone_by))
    for matcher in (workflow.start, workflow.cancel, workflow.ends_on, *of_steps):
        yield from matcher.names if matcher else ()


def _held(random: Random, as_of: int, unit: int) -> Held:
    since = as_of - random.randint(0, 8) * unit + random.choice([-1, 0, 0, 1])
    return Held(since, as_of + random.choice([1, unit, random.randint(1, 5) * unit]))


def lives(random: Random, as_of: int, unit: int) -> Lives:
    """What one version answers for: mostly everything, else a window somewhere in the time in which instances start."""
    first, last = sorted(as_of - random.randint(-2, 13) * unit + random.choice([-1, 0, 1]) for _ in range(2))
    where = Expressions(random, [None], as_of, unit, fitting=True).condition(1) if random.random() < 0.3 else None
    others = (Matcher((Match(OTHER_START, where),)),)
    since = first if random.random() < 0.15 else None
    return Lives(
        since=since,
        until=last if random.random() < 0.08 else None,
        rest=random.random() < 0.95,
        other_starts=random.choice([(), others, (*others, Matcher((Match("Noise"), Match("placed"))))]),
        frozen_before=as_of - random.randint(2, 25) * unit if random.random() < 0.06 else None,
        outdated_before=None if since is None else random.choice([None, since - 2 * unit, *[since] * 4]),
    )


# What occurs

ALWAYS = (
    *(f"step {state}" for state in StepState),
    *(f"instance {state}" for state in InstanceState),
    *(f"finding {kind}" for kind in Kind),
    *("undated", "at_risk", "conflicts", "warned", "needed unknown", "held", "Unopened", "Outdated", "nothing"),
)


def met(answers: Iterable[Answer | None]) -> Counter[str]:
    """In how many answers each of `ALWAYS` occurs."""
    return Counter(it for answer in answers for it in set(_met(answer)))


def _met(answer: Answer | None) -> Iterator[str]:
    match answer:
        case Verdict():
            yield f"instance {answer.state}"
            yield from (f"step {step.state}" for step in answer.steps)
            yield from (f"finding {finding.kind}" for finding in answer.findings)
            yield from (name for name in ("undated", "at_risk", "conflicts") if getattr(answer, name))
            yield from ("held" for _ in answer.held)
            yield from ("warned" for step in answer.steps if step.warned is not None)
            yield from ("needed unknown" for step in answer.steps if step.count is not None and step.needed is None)
        case None:
            yield "nothing"
        case _:
            yield type(answer).__name__


if __name__ == "__main__":
    count = int(sys.argv[1])
    drawn = [answer for seed in range(-(-count // 40)) for answer in case(seed).answers().values()]
    found = met(drawn)
    for name in ALWAYS:
        print(f"{name:24} {found[name]:7} {found[name] / len(drawn):7.1%}")
