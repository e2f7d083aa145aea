"""What the engine makes of an answer of the source of truth, and of the attributes that a request is filled in with.

Nothing is evaluated here: expressions go through the one compiler, so that they mean what they mean in a rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from rules.compile.expression import as_timestamp, attributes_of, is_true
from rules.compile.sql import NULL, Query, Select, Sql, Value, call, render
from rules.compile.workflow import SETTINGS
from rules.explain.life import Part, life, values
from rules.expression import Attribute, Binary, Expression, Has, Literal, Unary
from rules.parse.reference import CODE, RESPONSE
from rules.spec import Workflow
from rules.spec_truth import Truth
from store.clickhouse import ClickHouse


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer says: that it did happen, that it did not and will not, or neither; and when (µs UTC)."""

    confirmed: bool
    absent: bool
    time: int | None


def hear(clickhouse: ClickHouse, truth: Truth, code: int, body: bytes) -> Heard:
    """Read the answer of a lookup: its HTTP status and its body. Of one that is no JSON, or was cut off, nothing is
    known: not even that something is not in it.

    Raises StoreUnavailable or StoreRefused.
    """
    response = _response(body)
    answer = Value(msgspec.json.encode({CODE: code, RESPONSE: response}).decode(), "String")
    asked = (truth.confirmed, truth.absent)
    confirmed, absent = asked if response is not None else map(_without_response, asked)

    def at_hand(_: str | None) -> Sql:
        return answer

    columns: dict[str, Sql] = {
        "confirmed": is_true(confirmed, at_hand),
        "absent": is_true(absent, at_hand),
        "time": NULL if truth.time is None else as_timestamp(truth.time, at_hand),
    }
    statement = render(Query({"heard": Select(columns, source="")}, SETTINGS))
    [(happened, failed, time)] = clickhouse.query(statement.text, statement.parameters)
    return Heard(bool(happened), bool(failed), time)


def known(
    clickhouse: ClickHouse, workflow: Workflow, correlation_id: str, as_of: int, wanted: Iterable[Attribute]
) -> Mapping[Attribute, str]:
    """The attributes of the start and of steps' first events up to `as_of` (µs UTC), as JSON text; '' where absent.

    Raises StoreUnavailable or StoreRefused.
    """
    asked = dict.fromkeys(wanted)
    named = {str(place): _raw(attribute) for place, attribute in enumerate(asked)}
    found = values(clickhouse, workflow, correlation_id, as_of, named)
    texts = {attribute: str(found[str(place)] or "") for place, attribute in enumerate(asked)}
    return {attribute: "" if text == "null" else text for attribute, text in texts.items()}


def undone(clickhouse: ClickHouse, workflow: Workflow, correlation_id: str, as_of: int) -> Mapping[str, int]:
    """When the last undoing event came for each step that one has come for, up to `as_of` (µs UTC), in time or not.

    Raises StoreUnavailable or StoreRefused.
    """
    found = life(clickhouse, workflow, correlation_id, as_of)
    by_step = {step.name: found.taken(Part.UNDOES, step.name) for step in workflow.steps}
    return {step: events[-1].time for step, events in by_step.items() if events}


def _raw(attribute: Attribute) -> Sql:
    return call("JSONExtractRaw", attributes_of(attribute.step), *(Value(part, "String") for part in attribute.path))


def _response(body: bytes) -> msgspec.Raw | None:
    """The body, if it is JSON."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return msgspec.Raw(body)


def _without_response(expression: Expression) -> Expression:
    """`has(response.…)` is unknown where there is no response to look into; everything else of it is by itself."""
    match expression:
        case Has(attribute=Attribute(path=(name, *_))) if name == RESPONSE:
            return Literal(value=None, position=expression.position)
        case Unary():
            return replace(expression, operand=_without_response(expression.operand))
        case Binary(left=left, right=right):
            return replace(expression, left=_without_response(left), right=_without_response(right))
        case _:
            return expression
