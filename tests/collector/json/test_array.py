"""Splitting arrays without reading their elements."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import BodyTooLarge, MalformedBody
from collector.json.array import place, split_array

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(values), st.sampled_from([None, 1]), st.booleans())
def test_the_elements_come_out_as_they_went_in(elements: list[object], indent: int | None, ascii_only: bool) -> None:
    body = json.dumps(elements, indent=indent, ensure_ascii=ascii_only).encode()
    assert [json.loads(text) for text in split_array(body)] == elements


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b"[]", []),
        (b"[ \n]", []),
        (b"[1]\n", [b"1"]),
        (b"[1,,2]", [b"1", b"", b"2"]),
        (b"[1,]", [b"1", b""]),
        (b'[{"a":1 "b"}, {"c":[1,2]}]', [b'{"a":1 "b"}', b'{"c":[1,2]}']),
        (b'[{"a":1], "],[" ]', [b'{"a":1]', b'"],["']),
        (rb'["\"", "\\", "\\\"]"]', [rb'"\""', rb'"\\"', rb'"\\\"]"']),
        (b'["\xff", NaN]', [b'"\xff"', b"NaN"]),
    ],
)
def test_what_is_broken_stays_in_its_element(body: bytes, elements: list[bytes]) -> None:
    assert list(split_array(body)) == elements


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[", "line 1, column 2: the array does not end"),
        (b"[1,\n2", "line 2, column 2: the array does not end"),
        (b'[{"a":1}', "the array does not end"),
        (b'["a]', "the array does not end"),
        (b"[1] 2", "line 1, column 4: something comes after the end of the array"),
        (b'["' + b'"\\' * 500_000, "the array does not end"),
        (b"[" * 1_000_000, "the array does not end"),
    ],
)
def test_an_array_that_does_not_end_is_malformed(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBody, match=reason):
        list(split_array(body))


@pytest.mark.parametrize("body", [b"[" * 5_000_000, b"[[" + b"1," * 5_000_000 + b"1]]"], ids=["deep", "long"])
def test_an_array_that_takes_too_long_to_split_is_too_large(body: bytes) -> None:
    with pytest.raises(BodyTooLarge, match="more than 4,000,000 brackets"):
        list(split_array(body))


def test_places_count_from_one() -> None:
    body = b"ab\ncd\n"
    assert [place(body, at) for at in (0, 2, 3, 6)] == [
        "line 1, column 1",
        "line 1, column 3",
        "line 2, column 1",
        "line 3, column 1",
    ]
