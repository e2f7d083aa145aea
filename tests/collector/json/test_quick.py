"""Many events at once: that the quick way never disagrees with the careful one, and takes what is common."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.acceptance import Acceptance
from collector.errors import Refused
from collector.json.event import read_event
from collector.json.quick import read_events
from store.event import EventColumns
from tests.collector.conftest import LIMITS
from tests.conftest import NOON

TERMS = Acceptance.at(NOON, LIMITS)
SMALLEST: dict[str, Any] = {"correlation_id": "o-1", "name": "OrderPlaced", "time": "2025-11-20T12:00:00Z"}
PLAIN = json.dumps({**SMALLEST, "attributes": {"a": 1}}).encode()
TIME = r"(1969|2025|2900)-[01W]\d-\d\d[Tt ]?\d\d:?\d\d:?[0-6]\d([.,]\d{1,9})?(Z|\+00:00|)"

identifiers = st.sampled_from(
    ["o-1", "", " ", "null", "é", "\u00a0", "x" * 65, "y" * 513, "a:b", '"', "\\", "\n", "\ud800"]
)
json_values = st.recursive(
    st.sampled_from([None, True, 0, 1.5, 2**70, float("nan"), "", "a", ":", '":', "\ud83d\ude00", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", ":", '":']), inner, max_size=3)
    ),
    max_leaves=6,
)
documents = st.fixed_dictionaries(
    {
        "correlation_id": identifiers | st.just("o-1"),
        "name": identifiers | st.just("A"),
        "time": (
            st.sampled_from(["2025-11-20T12:00:00Z", "2025-11-20T12:00:00.5+01:00", 1.5, 10**13, "x", None])
            | st.from_regex(
                r"(1969|2025|2900)-[01W]\d-\d\d[Tt ]?\d\d:?\d\d:?[0-6]\d([.,]\d{1,9})?(Z|\+00:00|)", fullmatch=True
            )
        ),
    },
    optional={
        "id": identifiers | st.none(),
        "source": identifiers | st.just("noshow"),
        "trace_id": identifiers,
        "attributes": st.dictionaries(st.sampled_from(["a", "b", "a.b"]), json_values) | json_values,
        "unknown": st.none(),
    },
)


def carefully(texts: list[bytes]) -> EventColumns | None:
    try:
        return EventColumns.of([read_event(text, TERMS) for text in texts])
    except Refused:
        return None


@given(documents, st.booleans(), st.sampled_from([(",", ":"), (", ", " : "), (",\n", "\t:")]))
def test_the_quick_way_never_disagrees_with_the_careful_one(
    document: dict[str, object], ascii_only: bool, separators: tuple[str, str]
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, separators=separators).encode("utf-8", "surrogatepass")
    for texts in ([text], [PLAIN, text], [text, PLAIN, text]):
        quick = read_events(texts, TERMS)
        assert quick is None or quick == carefully(texts)


@pytest.mark.parametrize(
    "rest",
    [
        b'"name": "B"}',
        b'"attributes": {"a": 1, "a": 2}}',
        b'"attributes": {"a": {"b": 1, "b": 2}, "c": "}"}}',
        b'"attributes": {"a": "\xff"}}',
        b'"attributes": {"a": 1e999}}',
        b'"attributes": {"a" : 1, "b": "\\":"}}',
        b'"attributes": {"a": 1}} {',
        b'"attributes": ' + b'{"a":' * 70 + b"1" + b"}" * 71,
        b'"attributes": {"a": "' + b"x" * (256 << 10) + b'"}}',
    ],
)
def test_what_is_odd_is_left_to_care(rest: bytes) -> None:
    odd = json.dumps(SMALLEST).encode()[:-1] + b", " + rest
    assert read_events([odd], TERMS) is None
    assert read_events([PLAIN, odd, PLAIN], TERMS) is None


@pytest.mark.parametrize("length", [4_000, 4_300, 4_301])
@pytest.mark.parametrize("sign", ["", "-"])
def test_integers_are_as_long_for_both_ways(length: int, sign: str) -> None:
    number = sign + "9" * (length - len(sign))
    text = json.dumps(SMALLEST)[:-1].encode() + f', "attributes": {{"a": {number}}}}}'.encode()
    assert read_events([text], TERMS) == carefully([text])


@pytest.mark.parametrize(
    "time",
    ["2025-11-20T12:00:00Z", "2025-11-20T12:00:00.1Z", "2025-11-20T12:00:00.123456789Z", "2025-11-20T12:00:00+00:00"],
)
def test_common_events_are_read_the_quick_way(time: str) -> None:
    events = [
        {**SMALLEST, "id": "e-1", "source": "shop", "attributes": {"at": "2025-11-20T12:00:00Z"}},
        {**SMALLEST, "attributes": {"items": [{"sku": "a"}, {"sku": "b"}]}},
        {**SMALLEST, "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": None},
        {**SMALLEST, "name": "注文確定"},
    ]
    texts = [json.dumps({**event, "time": time}).encode() for event in events]
    texts.append(json.dumps({**SMALLEST, "time": time}, indent=2).encode())
    assert read_events(texts, TERMS) == carefully(texts)


def test_times_of_several_lengths_are_read_the_quick_way() -> None:
    times = [f"2025-11-20T12:00:00{fraction}Z" for fraction in ("", ".1", ".12", ".123", ".123456", ".123456789")]
    texts = [json.dumps({**SMALLEST, "time": time}).encode() for time in times]
    assert read_events(texts, TERMS) == carefully(texts)
