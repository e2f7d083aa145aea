"""The meaning of expressions, one settled point after the other."""

import pytest

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
from tests.rules.oracle_expression import EARLIEST, LATEST, Value, compare, evaluate, is_in, timestamp

SECOND = 1_000_000
NOON = 1_772_366_400 * SECOND  # 2026-03-01T12:00:00Z
UNKNOWN = None


def of(text: str, *path: str) -> Value:
    """The value of the attribute `path`, or `x`, of a start event with these attributes."""
    return evaluate(Attribute(START, path or ("x",)), {START: text})


def value(expression: Expression) -> Value:
    return evaluate(expression, {})


def literals(*values: bool | int | float | str | None) -> ListOf:
    return ListOf(tuple(map(Literal, values)))


def test_an_attribute_is_reached_through_nested_objects_and_a_dot_in_a_key_is_only_a_dot() -> None:
    text = '{"a.b":1,"a":{"b":2,"b.c":3}}'
    assert of(text, "a", "b") == 2
    assert of(text, "a", "b", "c") is UNKNOWN
    assert of(text, "b") is UNKNOWN
    assert of('{"a":[{"b":1}]}', "a", "b") is UNKNOWN


def test_null_is_absent() -> None:
    assert of('{"x":null}') is UNKNOWN
    assert value(Binary("==", Literal(None), Literal(None))) is UNKNOWN


def test_the_attribute_of_an_absent_step_is_unknown() -> None:
    assert evaluate(Attribute("Paid", ("x",)), {START: "{}"}) is UNKNOWN


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ('{"x":0}', True),
        ('{"x":{}}', True),
        ('{"x":null}', False),
        ("{}", False),
    ],
)
def test_has_is_never_unknown(text: str, there: bool) -> None:
    assert evaluate(Has(Attribute(START, ("x",))), {START: text}) is there
    assert evaluate(Has(Attribute("Paid", ("x",))), {START: text}) is False
    assert evaluate(Has(Attribute(START, ("x", "y"))), {START: '{"x":[1]}'}) is False


def test_two_integers_compare_exactly_and_anything_else_as_doubles() -> None:
    assert compare("==", 2**53, 2**53 + 1) is False
    assert compare("==", 2.0**53, 2**53 + 1) is True
    assert compare("<", -(2**63), 2**64 - 1) is True
    assert compare("==", 1, 1.0) is True
    assert compare("==", 0, -0.0) is True


def test_integers_beyond_64_bits_are_text() -> None:
    assert of('{"x":18446744073709551615}') == 2**64 - 1
    assert of('{"x":18446744073709551616}') == "18446744073709551616"
    assert of('{"x":-9223372036854775808}') == -(2**63)
    assert of('{"x":-9223372036854775809}') == "-9223372036854775809"


def test_strings_are_not_numbers_and_different_kinds_do_not_compare() -> None:
    assert compare("==", 1, "1") is UNKNOWN
    assert compare("==", True, 1) is UNKNOWN
    assert compare("==", Moment(NOON), "2026-03-01T12:00:00Z") is UNKNOWN
    assert compare("==", Moment(1), Span(1)) is UNKNOWN
    assert value(Binary("!=", Literal(1), Literal("1"))) is UNKNOWN


def test_lists_and_objects_compare_with_nothing() -> None:
    assert compare("==", [1], [1]) is UNKNOWN
    assert compare("==", {}, {}) is UNKNOWN


def test_booleans_compare_false_before_true() -> None:
    assert compare("<", False, True) is True
    assert compare("==", True, True) is True


def test_strings_compare_by_their_utf8_bytes() -> None:
    assert compare("<", "Z", "a") is True
    assert compare("<", "\uffff", "😀") is True  # UTF-16 would say otherwise
    assert compare("<", "", "a") is True


@pytest.mark.parametrize(
    ("left", "right", "either", "both"),
    [
        (True, True, True, True),
        (True, False, True, False),
        (False, False, False, False),
        (None, True, True, None),
        (None, False, None, False),
        (None, None, None, None),
    ],
)
def test_logic_is_three_valued(left: bool | None, right: bool | None, either: bool | None, both: bool | None) -> None:
    for a, b in ((left, right), (right, left)):
        assert value(Binary("||", Literal(a), Literal(b))) is either
        assert value(Binary("&&", Literal(a), Literal(b))) is both


def test_not_unknown_is_unknown_and_so_is_logic_on_what_is_no_boolean() -> None:
    assert value(Unary("!", Literal(None))) is UNKNOWN
    assert value(Unary("!", Literal("true"))) is UNKNOWN
    assert value(Binary("&&", Literal(1), Literal(True))) is UNKNOWN
    assert value(Binary("||", Literal(1), Literal(True))) is True


def test_in_is_an_or_of_equalities() -> None:
    assert value(Binary("in", Literal(1), literals("1", 1.0))) is True
    assert value(Binary("in", Literal(1), literals("1", 2))) is UNKNOWN
    assert value(Binary("in", Literal("a"), literals("b", "c"))) is False
    assert value(Binary("in", Literal("a"), literals("b", None))) is UNKNOWN
    assert value(Binary("in", Literal(None), literals("b"))) is UNKNOWN


def test_in_an_empty_list_is_false_and_of_something_absent_unknown() -> None:
    assert is_in("a", []) is False
    assert is_in([], []) is False
    assert is_in(None, []) is UNKNOWN


def test_in_an_attribute_goes_over_the_scalars_of_its_array() -> None:
    assert is_in("a", of('{"x":["b","a"]}')) is True
    assert is_in("a", of('{"x":["b",null]}')) is UNKNOWN
    assert is_in("a", of('{"x":["b",["a"]]}')) is UNKNOWN
    assert is_in("a", of('{"x":"a"}')) is UNKNOWN
    assert is_in("b", of('{"x":{"b":1}}')) is UNKNOWN
    assert is_in("a", of("{}")) is UNKNOWN


def test_arithmetic_is_on_doubles_and_unknown_where_it_is_not_finite() -> None:
    assert value(Binary("/", Literal(1), Literal(2))) == 0.5
    assert value(Binary("+", Literal(2**53), Literal(1))) == 2.0**53
    assert value(Binary("/", Literal(1), Literal(0))) is UNKNOWN
    assert value(Binary("/", Literal(0.0), Literal(-0.0))) is UNKNOWN
    assert value(Binary("*", Literal(1e308), Literal(10))) is UNKNOWN
    assert value(Unary("-", Literal(1))) == -1.0
    assert value(Unary("-", Literal(True))) is UNKNOWN


def test_plus_joins_strings_and_arithmetic_mixes_no_other_kinds() -> None:
    assert value(Binary("+", Literal("a"), Literal("b"))) == "ab"
    assert value(Binary("+", Literal("a"), Literal(1))) is UNKNOWN
    assert value(Binary("-", Literal("a"), Literal("a"))) is UNKNOWN
    assert value(Binary("+", Literal(True), Literal(1))) is UNKNOWN


def test_arithmetic_of_timestamps_and_durations() -> None:
    noon, minute = Moment(NOON), Span(60 * SECOND)
    later = Moment(NOON + 60 * SECOND)
    assert value(Binary("+", noon, minute)) == later
    assert value(Binary("+", minute, noon)) == later
    assert value(Binary("-", later, minute)) == noon
    assert value(Binary("-", later, noon)) == minute
    assert value(Binary("-", minute, Binary("+", minute, minute))) == Span(-60 * SECOND)
    assert value(Unary("-", minute)) == Span(-60 * SECOND)
    assert value(Binary("-", minute, noon)) is UNKNOWN
    assert value(Binary("*", minute, Literal(2))) is UNKNOWN
    assert value(Binary("/", minute, minute)) is UNKNOWN
    assert value(Binary("+", noon, Literal(60))) is UNKNOWN
    assert value(Unary("-", noon)) is UNKNOWN


def test_timestamps_are_reckoned_without_bounds_and_bounded_where_one_is_made() -> None:
    after = Binary("+", Moment(LATEST), Span(1))
    assert value(Binary(">", after, Moment(LATEST))) is True
    assert value(Call("timestamp", (after,))) is UNKNOWN
    assert value(Call("timestamp", (Binary("-", Moment(EARLIEST), Span(1)),))) is UNKNOWN


def test_size() -> None:
    def size(text: str) -> Value:
        return evaluate(Call("size", (Attribute(START, ("x",)),)), {START: text})

    assert size('{"x":"é😀"}') == 2
    assert size('{"x":[null,[1,2]]}') == 2
    assert size('{"x":{"a":null}}') == 1
    assert size('{"x":12}') is UNKNOWN
    assert size("{}") is UNKNOWN
    assert value(Call("size", (literals(None, 1),))) == 2


def test_text_functions_take_strings_only() -> None:
    assert value(Call("startsWith", (Literal("Ünï"), Literal("Ü")))) is True
    assert value(Call("endsWith", (Literal("abc"), Literal("bc")))) is True
    assert value(Call("contains", (Literal("abc"), Literal("")))) is True
    assert value(Call("contains", (Literal("abc"), Literal("d")))) is False
    assert value(Call("startsWith", (Literal(12), Literal("1")))) is UNKNOWN
    assert value(Call("contains", (Literal("12"), Literal(1)))) is UNKNOWN
    assert value(Call("matches", (Literal(None), Literal("")))) is UNKNOWN


def test_matches_searches_anywhere_as_re2_does() -> None:
    assert value(Call("matches", (Literal("xDEx"), Literal("D.")))) is True
    assert value(Call("matches", (Literal("a\nb"), Literal("a.b")))) is False
    assert value(Call("matches", (Literal("a\nb"), Literal("(?s)a.b")))) is True
    assert value(Call("matches", (Literal("é"), Literal("^.$")))) is True


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01t12:00:00z", NOON),
        ("2026-03-01 12:00:00", NOON),
        ("2026-03-01T12:00:00", NOON),
        ("2026-03-01T13:30:00+01:30", NOON),
        ("2026-03-01T09:00:00-03:00", NOON),
        ("2026-03-01T12:00:00-00:00", NOON),
        ("2026-03-01T12:00:00.5Z", NOON + 500_000),
        ("2026-03-01T12:00:00.1234569Z", NOON + 123_456),
        ("2026-03-01", NOON - 12 * 3600 * SECOND),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("1900-01-01", EARLIEST),
        ("9999-12-31T23:59:59.999999Z", LATEST),
    ],
)
def test_a_timestamp_is_rfc_3339_or_a_date(text: str, micros: int) -> None:
    assert timestamp(text) == Moment(micros)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "1772366400",
        "2026-02-29",
        "2026-3-1",
        "2026-03-01Z",
        "2026-03-01T12:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00,5Z",
        "2026-03-01T12:00:00+0100",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+01:60",
        "2026-03-01T12:00:00Z\n",
        "\uff12026-03-01",
        "1899-12-31T23:59:59Z",
        "1899-12-31T23:59:59-01:00",
        "1900-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_anything_else_is_no_timestamp(text: str) -> None:
    assert timestamp(text) is UNKNOWN


def test_seconds_are_a_timestamp_rounded_to_the_nearest_microsecond() -> None:
    assert timestamp(1_772_366_400) == Moment(NOON)
    assert timestamp(0.0000005) == Moment(1)
    assert timestamp(-0.0000005) == Moment(0)
    assert timestamp(-1.5) == Moment(-1_500_000)
    assert timestamp(253402300800) is UNKNOWN
    assert timestamp(1e308) is UNKNOWN


def test_booleans_lists_and_durations_are_no_timestamp_and_a_timestamp_is_one() -> None:
    assert timestamp(True) is UNKNOWN
    assert timestamp([]) is UNKNOWN
    assert timestamp(Span(1)) is UNKNOWN
    assert timestamp(Moment(NOON)) == Moment(NOON)
