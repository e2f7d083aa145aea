"""A workflow back as the text of a rule file: to show a failing case, and to test the parser with random rules."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta

import yaml

from rules.expression import (
    START,
    Attribute,
    Binary,
    Call,
    Expression,
    Has,
    ListOf,
    Literal,
    Moment,
    Span,
    Unary,
)
from rules.spec import AtRisk, Late, Match, Matcher, Severity, Step, Workflow
from store.event import HOUR, MINUTE, SECOND
from tests.rules.oracle_expression import EPOCH

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Yaml = str | int | bool | list["Yaml"] | dict[str, "Yaml"]
METHODS = ("startsWith", "endsWith", "contains", "matches")


def rule_text(workflow: Workflow) -> str:
    """The file that parses to this workflow."""
    keys: dict[str, Yaml | None] = {
        "workflow": workflow.name,
        "description": workflow.description or None,
        "noun": workflow.noun if workflow.noun != "instance" else None,
        "owner": workflow.owner or None,
        "severity": workflow.severity.value if workflow.severity != Severity.WARNING else None,
        "labels": dict(workflow.labels) or None,
        "start": matcher(workflow.start),
        "grace": duration(workflow.grace or None),
        "skew": duration(workflow.skew or None),
        "within": duration(workflow.within),
        "cancel": matcher(workflow.cancel) if workflow.cancel else None,
        "ends_on": matcher(workflow.ends_on) if workflow.ends_on else None,
        "at_risk": at_risk(workflow.at_risk) if workflow.at_risk else None,
        "customer": expression(workflow.customer) if workflow.customer else None,
        "steps": {step.name: keys_of(step, workflow) for step in workflow.steps},
    }
    return yaml.safe_dump(given(keys), sort_keys=False, allow_unicode=True, width=1000)


def keys_of(step: Step, workflow: Workflow) -> Yaml:
    return given(
        {
            **step_events(step),
            "after": names(step.after) if step.after not in ((), (START,)) else None,
            "after_any": list(step.after_any) or None,
            "within": duration(step.within),
            "due": expression(step.due) if step.due else None,
            "when": expression(step.when) if step.when else None,
            "optional": step.optional or None,
            "late": step.late.value if step.late != Late.NOTE else None,
            "owner": step.owner if step.owner != workflow.owner else None,
            "severity": step.severity.value if step.severity != workflow.severity else None,
            "description": step.description or None,
            "runbook": step.runbook or None,
        }
    )


def given(keys: Mapping[str, Yaml | None]) -> Yaml:
    return {name: value for name, value in keys.items() if value is not None}


def names(several: tuple[str, ...]) -> Yaml:
    return list(several) if len(several) > 1 else several[0]


def step_events(step: Step) -> dict[str, Yaml | None]:
    if len(step.matcher.alternatives) > 1:
        return {"event": matcher(step.matcher)}
    (only,) = step.matcher.alternatives
    return {
        "event": only.name if only.name != step.name else None,
        "where": expression(only.where) if only.where else None,
    }


def matcher(matcher: Matcher) -> Yaml:
    printed = [alternative(match) for match in matcher.alternatives]
    return printed if len(printed) > 1 else printed[0]


def alternative(match: Match) -> Yaml:
    return {"event": match.name, "where": expression(match.where)} if match.where else match.name


def at_risk(at_risk: AtRisk) -> Yaml:
    value = expression(at_risk.value)
    return {"value": value, "unit": expression(at_risk.unit)} if at_risk.unit else value


def duration(micros: int | None) -> Yaml | None:
    if micros is None:
        return None
    for unit, letter in ((HOUR, "h"), (MINUTE, "m")):
        if micros % unit == 0:
            return f"{micros // unit}{letter}"
    return seconds(micros)


def seconds(micros: int) -> str:
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    whole, rest = divmod(micros, SECOND)
    return f"{sign}{whole}" + (f".{rest:06}" if rest else "") + "s"


# Expressions


def expression(node: Expression) -> str:
    match node:
        case Literal(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Moment(micros=micros):
            return f'timestamp("{(EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")}")'
        case Span(micros=micros):
            return f'duration("{seconds(micros)}")'
        case Attribute():
            return attribute(node)
        case Has(attribute=inner):
            return f"has({attribute(inner)})"
        case ListOf(items=items):
            return f"[{', '.join(map(expression, items))}]"
        case Call(function=function, arguments=(receiver, *rest)) if function in METHODS:
            return f"{operand(receiver)}.{function}({', '.join(map(expression, rest))})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(expression, arguments))})"
        case Unary(operator=operator, operand=below):
            return f"{operator}{operand(below)}"
        case Binary(operator=operator, left=left, right=right):
            return f"{operand(left)} {operator} {operand(right)}"
    raise AssertionError(node)


def operand(node: Expression) -> str:
    plain = isinstance(node, Attribute | ListOf | Call | Has | Moment | Span)
    return expression(node) if plain else f"({expression(node)})"


def attribute(node: Attribute) -> str:
    path = ".".join(node.path)
    if node.step is None:
        return path
    if IDENTIFIER.fullmatch(node.step):
        return f"{node.step}.{path}"
    return f"steps[{json.dumps(node.step, ensure_ascii=False)}].{path}"
