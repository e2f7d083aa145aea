"""Expressions back as text: they parse to the same again, and have no more parentheses than they need."""

from random import Random

import pytest

from rules.expression import Expression, Literal
from rules.expression_text import expression_text
from rules.parse.rule import parse
from tests.rules.random_cases import AS_OF
from tests.rules.random_expressions import Expressions


def parsed(text: str) -> Expression:
    quoted = text.replace("'", "''")
    rule = f"workflow: w\nstart: Placed\nsteps:\n  Paid: {{within: 1h}}\n  Shipped: {{within: 1h, when: '{quoted}'}}\n"
    workflow = parse(rule, "rule.yaml").workflow
    assert workflow is not None, text
    assert workflow.steps[1].when is not None
    return workflow.steps[1].when


def test_random_conditions_parse_to_themselves() -> None:
    random = Random(5)
    drawn = Expressions(random, ["Paid"], AS_OF, 60_000_000, fitting=True)
    conditions = [it for it in (drawn.condition(3) for _ in range(300)) if not isinstance(it, Literal)]
    assert len(conditions) > 200
    for condition in conditions:
        text = expression_text(condition)
        assert parsed(text) == condition, text


@pytest.mark.parametrize(
    "text",
    [
        'Paid.country in ["DE", "FR"]',
        "Paid.a == 1 || Paid.b == 2 && !Paid.c",
        "(Paid.a == 1 || Paid.b == 2) && Paid.c",
        "Paid.a - (Paid.b - Paid.c) * 2 > -1",
        'has(Paid.a.b) && Paid.name.startsWith("x") && size(Paid.items) > 0',
        'timestamp(Paid.at) + duration("90s") < timestamp("2026-01-01T00:00:00Z")',
        'timestamp(Paid.at) - duration("36h") < timestamp(Paid.till) + duration("-90m")',
        "(Paid.a < 1) == Paid.b",
    ],
)
def test_it_is_written_as_a_person_would(text: str) -> None:
    assert expression_text(parsed(text)) == text
