"""Which attributes of which events a rule reads, and of what type each use of them has to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.advice.filled_in import filled_in
from rules.compile.expression import types
from rules.expression import (
    START,
    Attribute,
    Binary,
    Call,
    Expression,
    Has,
    ListOf,
    Position,
    Unary,
    walk,
)
from rules.expression_types import ATTRIBUTE, COMPARABLE, Type
from rules.spec import Matcher, Workflow

_DATABLE = Type.TEXT | Type.NUMBER
_LABEL = Type.TEXT | Type.NUMBER | Type.BOOLEAN
_ARGUMENTS = {"size": Type.TEXT | Type.LIST | Type.OBJECT, "timestamp": _DATABLE}


@dataclass(frozen=True, slots=True)
class Read:
    """An attribute of events of these names at a place in the file.

    `wanted`: the types that the use of it needs; `guarded`: `has(…)` asks whether it is there, so it may be absent.
    """

    events: tuple[str, ...]
    path: tuple[str, ...]
    wanted: Type
    guarded: bool
    at: Position


def reads(workflow: Workflow) -> Iterator[Read]:
    risk = workflow.at_risk
    whole = [(workflow.customer, _LABEL)]
    whole += [(risk.value, Type.NUMBER), (risk.unit, _LABEL)] if risk else []
    yield from _of_expressions(workflow, whole, ())
    for matcher in (workflow.start, workflow.cancel, workflow.ends_on):
        yield from _of_matcher(workflow, matcher)
    for step in workflow.steps:
        for matcher in (step.matcher, step.fails_on, step.undone_by):
            yield from _of_matcher(workflow, matcher)
        used = [(step.when, Type.BOOLEAN), (step.match, Type.BOOLEAN), (step.due, _DATABLE), (step.times, Type.NUMBER)]
        filled = [(attribute, ATTRIBUTE) for attribute in filled_in(step)]
        yield from _of_expressions(workflow, [*used, *filled], step.matcher.names)


def _of_matcher(workflow: Workflow, matcher: Matcher | None) -> Iterator[Read]:
    for alternative in matcher.alternatives if matcher else ():
        yield from _of_expressions(workflow, [(alternative.where, Type.BOOLEAN)], (alternative.name,))


def _of_expressions(
    workflow: Workflow, used: Sequence[tuple[Expression | None, Type]], at_hand: tuple[str, ...]
) -> Iterator[Read]:
    for expression, wanted in used:
        asked = _asked_for(expression) if expression else frozenset()
        for attribute, needed in _uses(expression, wanted) if expression else ():
            if attribute.position is not None:
                events = _events(workflow, attribute.step, at_hand)
                yield Read(events, attribute.path, needed, attribute in asked, attribute.position)


def _asked_for(expression: Expression) -> frozenset[Attribute]:
    return frozenset(node.attribute for node in walk(expression) if isinstance(node, Has))


def _events(workflow: Workflow, step: str | None, at_hand: tuple[str, ...]) -> tuple[str, ...]:
    if step is None:
        return at_hand
    return workflow.start.names if step == START else workflow.step(step).matcher.names


def _uses(expression: Expression, wanted: Type) -> Iterator[tuple[Attribute, Type]]:
    match expression:
        case Attribute():
            yield expression, wanted
        case Has(attribute=attribute):
            yield attribute, ATTRIBUTE
        case ListOf(items=items):
            for item in items:
                yield from _uses(item, ATTRIBUTE)
        case Unary(operator=operator, operand=operand):
            yield from _uses(operand, Type.BOOLEAN if operator == "!" else Type.NUMBER)
        case Call(function=function, arguments=arguments):
            for argument in arguments:
                yield from _uses(argument, _ARGUMENTS.get(function, Type.TEXT))
        case Binary():
            yield from _of_operands(expression)


def _of_operands(expression: Binary) -> Iterator[tuple[Attribute, Type]]:
    left, right = expression.left, expression.right
    match expression.operator:
        case "&&" | "||":
            wanted = Type.BOOLEAN, Type.BOOLEAN
        case "in":
            wanted = _type_of_items(right), Type.LIST
        case "+":
            wanted = Type.NUMBER | Type.TEXT, Type.NUMBER | Type.TEXT
        case "-" | "*" | "/":
            wanted = Type.NUMBER, Type.NUMBER
        case _:
            wanted = types(right) & COMPARABLE, types(left) & COMPARABLE
    yield from _uses(left, wanted[0])
    yield from _uses(right, wanted[1])


def _type_of_items(expression: Expression) -> Type:
    if not isinstance(expression, ListOf):
        return COMPARABLE
    found = Type(0)
    for item in expression.items:
        found |= types(item)
    return found
