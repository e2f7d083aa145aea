"""A line of the shape of a good event has its keys, in its places, and values of the same kinds."""

import re

import pytest

from collector.acceptance import END_OF_TIME, Acceptance
from collector.json.shape import Shape, shapes

TERMS = Acceptance(now=0, latest=END_OF_TIME, max_event=1 << 20, max_batch=0)
LINE = (
    '{"id":"e-1","correlation_id":"a","name":"Order placed","time":"2026-01-01T10:00:00.5Z","causation_id":null,'
    '"attributes":{"amount":12.5,"to":{"city":"Köln"},"tags":["x",1],"lines":[{"n":1}]}}'
)


def shape(line: str = LINE) -> Shape:
    [found] = shapes([line.encode()], TERMS)
    return found


def matches(line: str, pattern: str) -> bool:
    return re.fullmatch(pattern, line) is not None


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("e-1", "f 2"),
        ("10:00:00.5Z", "23:59:59Z"),
        ("12.5", "-1e3"),
        ("12.5", "null"),
        ('["x",1]', "[]"),
        ('["x",1]', '[true,"a b"]'),
        ("Köln", "Bonn"),
    ],
)
def test_other_values_of_the_same_kinds_have_the_same_shape(part: str, other: str) -> None:
    assert matches(LINE.replace(part, other), shape().general)
    assert shape(LINE.replace(part, other)) == shape()


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ('"amount"', '"price"'),
        ('"amount":12.5', '"amount":12.5,"amount":1'),
        ("12.5", '"12.5"'),
        ("12.5", "{}"),
        ('["x",1]', '[{"a":1,"a":2}]'),
        ('{"n":1}', '{"n":1},{"n":2}'),
        ("e-1", ""),
        ('"a"', '" "'),
        ('"a"', '"a b"'),
        ("2026-01", "2026-1"),
        ("Z", "+01:00"),
        ("}]}}", "}]}} {}"),
        (":null", ':"x"'),
        ("Köln", "\\ud800"),
        ("Köln", "\x01"),
    ],
)
def test_what_is_of_another_kind_has_not(part: str, other: str) -> None:
    assert not matches(LINE.replace(part, other, 1), shape().general)


def test_the_quick_pattern_is_for_plain_text() -> None:
    assert not matches(LINE, shape().pattern)
    assert matches(LINE.replace("ö", "o"), shape().pattern)
    assert shape().fields == ("id", "correlation_id", "name", "time", "attributes")


@pytest.mark.parametrize(
    "line", ["no JSON", "{}", LINE.replace("Z", "+02:00"), LINE.replace('"2026-01-01T10:00:00.5Z"', "1767261600")]
)
def test_what_is_no_event_or_an_unusual_one_has_no_shape(line: str) -> None:
    assert shapes([line.encode()], TERMS) == []


def test_the_commonest_comes_first() -> None:
    other = LINE.replace('"id":"e-1",', "")
    assert shapes([LINE.encode(), other.encode(), b"", other.encode()], TERMS) == [shape(other), shape()]


def test_whether_the_attributes_can_be_cut_out() -> None:
    assert shape().ends_with_attributes
    assert not shape(LINE + " ").ends_with_attributes
    assert not shape('{"attributes":{"a":1},' + LINE[1 : LINE.index(',"attributes"')] + "}").ends_with_attributes
    assert shape(LINE[: LINE.index(',"attributes"')] + "}").ends_with_attributes
