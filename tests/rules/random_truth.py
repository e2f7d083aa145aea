"""Random `truth` and `actions` for the steps of a workflow: the parser must take them, whoever acts on them."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from rules.expression import START, Attribute, Binary, Expression, Literal
from rules.spec import Workflow
from rules.spec_truth import Action, Body, Fields, Items, OfCase, Part, Template, Truth, Upon, Variable
from store.event import MINUTE

WORDS = ["a", "charge", "}", "{{", "${", " ", "é☃", "1e3", "null", "0o7", "'", '"', "\\", "#", ": ", "- ", "\t", "$5"]


def with_truth(workflow: Workflow, seed: int) -> Workflow:
    """The workflow with lookups and actions at some of its steps."""
    make = Truths(Random(seed), [START, *(step.name for step in workflow.steps)])
    steps = (replace(step, truth=make.truth(), actions=make.actions()) for step in workflow.steps)
    return replace(workflow, steps=tuple(steps))


class Truths:
    def __init__(self, random: Random, steps: Sequence[str]) -> None:
        self.random = random
        self.steps = steps

    def truth(self) -> Truth | None:
        random = self.random
        if random.random() < 0.5:
            return None
        return Truth(
            get=self.address(),
            confirmed=Binary("&&", Binary("==", Attribute(None, ("code",)), Literal(200)), self.answer()),
            absent=self.answer(),
            headers=self.headers(),
            time=random.choice([None, Attribute(None, ("response", "created at"))]),
            every=random.choice([5 * MINUTE, 1, 90_000_000]),
            cache=random.choice([0, 1, MINUTE]),
        )

    def actions(self) -> tuple[Action, ...]:
        names = self.random.sample(["refund", "re-send", "call_b2b"], self.random.choice([0, 0, 1, 3]))
        return tuple(self.action(name) for name in names)

    def action(self, name: str) -> Action:
        random = self.random
        label = random.choice([name, "Refund: the 'payment' ☃"])
        body = self.body(3) if random.random() < 0.8 else None
        idempotent, approve = random.choice([True, False]), random.choice([1, 2])
        kinds = random.sample(list(Upon), random.randrange(3)) if idempotent and approve == 1 else []
        return Action(name, label, self.address(), self.headers(), body, idempotent, approve, tuple(kinds))

    def answer(self) -> Expression:
        return Binary("==", Attribute(None, ("response", "status")), Literal(self.random.choice(WORDS)))

    def address(self) -> Template:
        host: list[Part] = self.random.choice([["https://a.example"], ["http://", Variable("HOST"), ":8080"]])
        path = [self.hole() for _ in range(self.random.randrange(3))]
        return Template(joined([*host, "/", *path, "?a={b}&c=$"]))

    def headers(self) -> dict[str, Template]:
        names = self.random.sample(["Authorization", "X-Api-Key", "accept"], self.random.randrange(3))
        return {name: Template(("Bearer ", Variable("T_1"), self.random.choice(["", " "]) + "x")) for name in names}

    def body(self, depth: int) -> Body:
        random = self.random
        kind = random.randrange(4 if depth else 2)
        if kind == 0:
            return random.choice([None, True, False, 0, -(2**63), 2**63 - 1, 0.5, -1e300, 1e16, Template(())])
        if kind == 1:
            return self.text()
        if kind == 2:
            return Items(tuple(self.body(depth - 1) for _ in range(random.randrange(3))))
        names = random.sample(["1", "true", "ä b", "x", "'", "="], random.randrange(4))
        return Fields({name: self.body(depth - 1) for name in names})

    def text(self) -> Template:
        parts = [self.random.choice([self.hole(), self.random.choice(WORDS)]) for _ in range(self.random.randrange(5))]
        return Template(joined(parts))

    def hole(self) -> Part:
        path = self.random.choice([("a",), ("a b", "c"), ("}", '"{'), ("x", "in")])
        of_case = OfCase(self.random.choice(["correlation_id", "workflow", "step"]))
        parts: list[Part] = [Attribute(self.random.choice(self.steps), path), of_case, Variable("NAME_2")]
        return self.random.choice(parts)


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbouring text as one."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return tuple(found)
