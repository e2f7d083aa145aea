"""The attributes that the requests of a step are filled in with: its lookup at the source of truth, and its actions."""

from collections.abc import Iterator

from rules.expression import Attribute
from rules.spec import Step
from rules.spec_truth import Body, Fields, Items, Template


def filled_in(step: Step) -> Iterator[Attribute]:
    if step.truth is not None:
        yield from _of_all(step.truth.get, *step.truth.headers.values())
    for action in step.actions:
        yield from _of_all(action.post, *action.headers.values(), action.body)


def _of_all(*bodies: Body) -> Iterator[Attribute]:
    for body in bodies:
        match body:
            case Template(parts=parts):
                yield from (part for part in parts if isinstance(part, Attribute))
            case Fields(items=fields):
                yield from _of_all(*fields.values())
            case Items(items=items):
                yield from _of_all(*items)
