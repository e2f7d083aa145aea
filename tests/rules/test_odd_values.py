"""Every odd attribute value against a few others, under every operator and function: the SQL answers as the oracle.

Each expression is the `when` of a step of its own, once plain and once negated: so unknown is told from false.
"""

from collections.abc import Callable, Iterator

import pytest

from rules.expression import START, Attribute, Binary, Call, Expression, Has, ListOf, Literal, Moment, Span, Unary
from rules.judge import judge
from rules.spec import Match, Matcher, Step, Workflow
from rules.verdict import Answer, Verdict
from store.clickhouse import ClickHouse
from store.event import SECOND, Event
from store.events import write
from tests.rules import oracle
from tests.rules.random_attributes import (
    LISTS,
    NO_TIMESTAMPS,
    NUMBERS,
    ODD_LISTS,
    ODD_VALUES,
    RARE_TIMESTAMPS,
    STRINGS,
)
from tests.rules.random_expressions import COMPARISONS, DOUBLES, INTEGERS, PATTERNS, SIGNS, WORDS

FURTHER = ['"2026-03-01T12:00:00Z"', '"\\uff12026-03-01"', "5e-324", "1e-400", "0.30000000000000004", '{"b":{"b":1}}']
VALUES = sorted({*NUMBERS, *STRINGS, *ODD_VALUES, *LISTS, *ODD_LISTS, *NO_TIMESTAMPS, *RARE_TIMESTAMPS, *FURTHER})
OTHERS = ["1", "2.0", '"DE"', '""', "true", "null", '["DE",null]', '"2026-03-01"', "9007199254740993"]
X, Y = Attribute(START, ("x",)), Attribute(START, ("y",))


def conditions() -> Iterator[Expression]:
    yield from (X, Has(X), Has(Attribute(START, ("x", "b"))), Binary("==", Attribute(START, ("x", "b")), Y))
    yield from (Binary(operator, X, Y) for operator in dict.fromkeys(COMPARISONS))
    yield from (Binary("in", X, Y), Binary("&&", X, Y), Binary("||", X, Y))
    yield from (Call(function, (X, Y)) for function in ("startsWith", "endsWith", "contains"))
    for sign in SIGNS:
        yield Binary("<", Binary(sign, X, Y), Literal(1.5))
    yield Binary("<", Unary("-", X), Y)
    yield Binary("<=", Call("size", (X,)), Call("size", (Y,)))
    yield Binary("==", Call("timestamp", (X,)), Call("timestamp", (Y,)))
    yield Binary("<", Binary("-", Call("timestamp", (X,)), Call("timestamp", (Y,))), Span(60 * SECOND))
    yield Binary(">", Binary("+", Call("timestamp", (X,)), Span(60 * SECOND)), Moment(0))
    yield from (Binary("in", X, ListOf(items)) for items in [(), (Y, Literal("DE"), Literal(1)), (Y, Literal(None))])


def conditions_on_one() -> Iterator[Expression]:
    yield from (Call("matches", (X, Literal(pattern))) for pattern in PATTERNS)
    for value in (*INTEGERS, *DOUBLES, *WORDS, True, False, None):
        yield from (Binary(operator, X, Literal(value)) for operator in ("==", "<", ">="))


@pytest.mark.parametrize(("made", "others"), [(conditions, OTHERS), (conditions_on_one, ["0"])])
def test_odd_values(clickhouse: ClickHouse, made: Callable[[], Iterator[Expression]], others: list[str]) -> None:
    events = {
        f"{place}": Event("1", f"{place}", "Placed", 0, "s", f'{{"x": {x}, "y": {y}}}')
        for place, (x, y) in enumerate((x, y) for x in VALUES for y in others)
    }
    write(clickhouse, list(events.values()))
    every = [sided for condition in made() for sided in (condition, Unary("!", condition))]
    for first in range(0, len(every), 40):
        workflow = asking(every[first : first + 40])
        answers = list(judge(clickhouse, workflow, as_of=0))
        assert len(answers) == len(events)
        for answer in answers:
            event = events[answer.correlation_id]
            assert wrong(workflow, oracle.judge(workflow, [event], 0), answer) == [], event.attributes


def wrong(workflow: Workflow, wanted: Answer | None, got: Answer) -> list[Expression | None]:
    """The conditions of the steps on whose state the two differ."""
    assert isinstance(wanted, Verdict)
    assert isinstance(got, Verdict)
    both = zip(workflow.steps, wanted.steps, got.steps, strict=True)
    return [step.when for step, a, b in both if a != b]


def asking(conditions: list[Expression]) -> Workflow:
    never = Matcher((Match("Never"),))
    steps = (Step(f"S{place}", never, when=condition, within=1) for place, condition in enumerate(conditions))
    return Workflow("w", Matcher((Match("Placed"),)), tuple(steps))
