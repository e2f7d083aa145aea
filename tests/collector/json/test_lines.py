"""Lines that ClickHouse reads: it takes only what care takes, as the same rows, and what is common."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from collector.acceptance import Acceptance
from collector.json import statement
from collector.json.body import decode_ndjson
from collector.json.lines import plain_lines
from store.clickhouse import ClickHouse
from store.errors import StoreRefused
from store.event import Event
from store.settings_sources import Sources, SourceSettings
from tests.collector.json.test_readable_by_clickhouse import ATOMS, some_object

SMALLEST: dict[str, Any] = {
    "id": "e-1",
    "correlation_id": "o-1",
    "name": "OrderPlaced",
    "time": "2025-11-20T12:00:00Z",
}
_ALL = """
SELECT id, correlation_id, name, toUnixTimestamp64Micro(time), source, attributes, causation_id, trace_id, span_id,
       toUnixTimestamp64Micro(received_at) FROM events
"""


def line(**fields: object) -> bytes:
    return json.dumps({**SMALLEST, **fields}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def raw(more: str) -> bytes:
    return line()[:-1] + b", " + more.encode("utf-8", "surrogateescape") + b"}"


def taken(clickhouse: ClickHouse, body: bytes, terms: Acceptance) -> list[Event] | None:
    """What ClickHouse makes of a body; `None` where that is in doubt."""
    lines = plain_lines(body, terms)
    if lines is None:
        return None
    assert lines.body == body.removesuffix(b"\n")
    clickhouse.command("TRUNCATE TABLE events")
    try:
        statement.write(clickhouse, [lines])
    except StoreRefused:
        assert clickhouse.query("SELECT count() FROM events") == [(0,)]
        return None
    return [Event(*row) for row in clickhouse.query(_ALL)]


def carefully(body: bytes, terms: Acceptance) -> list[Event] | None:
    """What care makes of it; `None` where it refuses anything."""
    batch = decode_ndjson(body, terms)
    return None if batch.rejected else list(batch.events)


def distinct(events: Sequence[Event] | None) -> set[Event]:
    """Exact copies are one."""
    assert events is not None
    return set(events)


_COMMON = [
    line(),
    line(attributes={"amount": 12.5, "at": "2025-11-20T12:00:00Z", "tags": ["a", {"b": [1]}]}),
    line(attributes=None, causation_id=None, trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331"),
    line(attributes={"items": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}], "count": 3}),
    line(name="注文確定", attributes={"名前": "é", "emoji": "😀"}, id="é"),
    raw('"attributes":{ "spaced" :\t[ 1 , 2.50 ,\r1E+05, -0 ] ,"long":12345678901234567890123, "tiny":1e-400}'),
    *(line(time=f"2025-11-20T12:00:00{rest}") for rest in ("+00:00", ".5Z", ".123Z", ".123456Z", ".123456999Z")),
    line(time="2024-02-29T23:59:59.999999999Z"),
    line(time="1970-01-01T00:00:00Z"),
    line(id="x" * 512, name="y" * 256, correlation_id="z" * 512),
]


COMMON = [text.replace(b"e-1", b"e-%d" % number) for number, text in enumerate(_COMMON)]


@pytest.mark.parametrize("source", ["", "shop", "é", 'a"b'])
@pytest.mark.parametrize("named", [False, True])
def test_what_is_common_becomes_the_rows_that_care_makes(
    clickhouse: ClickHouse, terms: Acceptance, source: str, named: bool
) -> None:
    lines = [text[:-1] + b', "source": "shop"}' for text in COMMON] if named else COMMON
    body = b"\n".join(lines) + b"\n"
    terms = terms.of("" if named else source, terms.message)
    assert distinct(taken(clickhouse, body, terms)) == distinct(carefully(body, terms))


def test_events_of_several_sources_are_counted_by_source(clickhouse: ClickHouse, terms: Acceptance) -> None:
    sources = ["shop"] * 3 + ["bank"] * 2
    body = b"\n".join(line(source=source, attributes={"source": "x"}) for source in sources)
    lines = plain_lines(body, terms)
    assert lines is not None
    assert (dict(lines.sources), len(lines)) == ({"shop": 3, "bank": 2}, 5)
    assert distinct(taken(clickhouse, body, terms)) == distinct(carefully(body, terms))


def test_a_server_makes_the_same_rows(any_clickhouse: ClickHouse, terms: Acceptance) -> None:
    body = b"\n".join(COMMON)
    assert distinct(taken(any_clickhouse, body, terms)) == distinct(carefully(body, terms))
    assert taken(any_clickhouse, body + b"\n" + line(time="2025-11-31T00:00:00Z"), terms) is None


ANYTHING: list[Any] = [{}, [], 1, True, None, 1.5, {"a": 1}, "", [1]]
ODD = [
    *(line(id=value) for value in ANYTHING),
    *(line(id=text) for text in ("", "x" * 513, "a\u0080", "{}")),
    *(line(correlation_id=text) for text in ("", None, 5, " ", "Null", "nan", "[object Object]", " o", "é", "x" * 513)),
    *(line(name=text) for text in ("", None, 5, " ", "\u3000", "\u2028 ", "\u00a0", "x" * 257, "\x7f", "\ud800")),
    *(line(source=text) for text in ("noshow", 5, "x" * 257)),
    *(line(trace_id=text) for text in (5, "x" * 513, "a\x85")),
    *(line(attributes=value) for value in ANYTHING),
    *(line(attributes=text) for text in ("", "{}", "{ }", "text", True)),
    *(line(time=text) for text in ("", None, 5, 1.5, "soon", "2025-02-29T00:00:00Z", "2025-00-10T00:00:00Z")),
    *(line(time=text) for text in ("2025-11-00T00:00:00Z", "2025-11-31T00:00:00Z", "2025-11-20T24:00:00Z")),
    *(line(time=text) for text in ("2025-11-20T12:00:60Z", "2025-11-20 12:00:00Z", "2025-11-20T12:00:00+01:00")),
    *(line(time=text) for text in ("2025-11-22T12:00:00Z", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z")),
    *(line(time=text) for text in ("2025-11-20T12:00:00", "2025-11-20T12:00:00.1234567890Z", "2025-11-20T12:00:00Z\n")),
    *(raw(text) for text in ('"colour": 1', '"Name": "B"', '"name": "B"', '"name" : "B"', '"attributes.a": 1')),
    *(raw(f'"attributes": {text}') for text in ('{"a":1,"a":2}', '{"a":1,"a" :2}', '{"a":1,"a"\t:2}')),
    *(raw(f'"attributes": {text}') for text in ('{"x":{"a":1,"a":2}}', '{"x":[{"a":1},{"a":1,"a":2}]}', '{"":1,"":2}')),
    *(raw(f'"attributes": {text}') for text in ('{"a":{"b":1},"a":{"c":1}}', '{"x":{"a":{},"b":1,"a":2}}')),
    *(raw(f'"attributes": {text}') for text in ('{"a":"}{","x":{"b":"{","b":"}"}}', '{"a":1,}', "{'a':1}", "{", "{}}")),
    *(raw(f'"attributes": {text}') for text in ('{"a":"\udcff"}', '{"a":"\x01"}', '{"a" 1}', '{"a":1 "b":2}')),
    raw('"attributes": ' + '{"a":' * 65 + "1" + "}" * 65),
    raw('"attributes": {"a":' + "[" * 64 + "]" * 64 + "}"),
    raw('"attributes": {"a":' + "9" * 4_301 + "}"),
    raw('"attributes": {"a":"' + "x" * (256 << 10) + '"}'),
    raw('"attributes": {"a":"é"}').replace(b"\xa9", b""),
    line(id="é").replace(b"\xa9", b"") + b"",
    line() + b" ",
    line() + b"\r",
    line() + line(id="e-2"),
    line() + b"," + line(id="e-2"),
    line()[:-1] + b",}",
    line()[:-1] + b"\n}",
    line().replace(b":", b"\v:"),
    line().replace(b", ", b",, "),
    line().replace(b", ", b" "),
    line().replace(b": ", b" "),
    line().replace(b'"', b"'"),
    b"\xef\xbb\xbf" + line(),
    b"[" + line() + b"]",
    b"{}",
    b"",
    b"{",
    b"}",
    line() + b"\n" + b" " * 20,
]


@pytest.mark.parametrize("odd", ODD)
def test_what_care_refuses_is_never_taken(clickhouse: ClickHouse, terms: Acceptance, odd: bytes) -> None:
    for body in (odd, line() + b"\n" + odd, odd + b"\n" + line(), line() + b"\n" + odd + b"\n" + line(id="e-3")):
        quick = taken(clickhouse, body, terms)
        assert quick is None or distinct(quick) == distinct(carefully(body, terms))


@pytest.mark.parametrize(
    "body",
    [
        b"\n".join([line()] * 2_001),
        line(attributes={"text": 'a "quote"'}),
        line(attributes={"text": "x" * (256 << 10)}),
        line() + b"\r\n" + line(),
        line() + b"\n\n" + line(),
        line(source="noshow"),
        line() + b"\n" + line(source="noshow"),
        line()[:-1],
    ],
)
def test_what_looks_unusual_is_not_even_asked_of_clickhouse(terms: Acceptance, body: bytes) -> None:
    assert plain_lines(body, terms) is None


def test_two_objects_in_a_line_do_not_make_up_for_a_blank_one(clickhouse: ClickHouse, terms: Acceptance) -> None:
    for between in (b"", b" ", b","):
        body = line() + b"\n" + line(id="e-2") + between + line(id="e-3") + b"\n"
        assert taken(clickhouse, body, terms) is None


def test_tokens_of_one_source_and_mappings_are_heeded(clickhouse: ClickHouse, terms: Acceptance) -> None:
    of_shop = replace(terms, source="shop")
    body = line() + b"\n" + line(id="e-2", source="shop")
    assert taken(clickhouse, body, of_shop) is None
    for same in (line(), line(source="shop")):
        assert distinct(taken(clickhouse, same, of_shop)) == distinct(carefully(same, of_shop))
    assert plain_lines(line(source="bank"), of_shop) is None
    mapped = replace(terms, sources=Sources((SourceSettings("ba*", {}),)))
    assert plain_lines(line(source="bank"), mapped) is None
    assert plain_lines(line(source="shop"), mapped) is not None


def test_whatever_is_taken_is_what_care_takes(clickhouse: ClickHouse, terms: Acceptance) -> None:
    chance = random.Random(50)
    accepted = 0
    for number in range(1_500):
        body = some_body(chance, number)
        quick = taken(clickhouse, body, terms)
        if quick is not None:
            accepted += 1
            assert distinct(quick) == distinct(carefully(body, terms)), body
    assert accepted > 150


def some_body(chance: random.Random, number: int) -> bytes:
    lines = [some_line(chance, number, place) for place in range(chance.choice([1, 1, 2, 3]))]
    return chance.choice([b"\n"] * 9 + [b"\r\n", b"\n\n", b"", b",", b" \n"]).join(lines)


def some_line(chance: random.Random, number: int, place: int) -> bytes:
    fields = {field: json.dumps(value) for field, value in {**SMALLEST, "id": f"e-{number}-{place}"}.items()}
    if chance.random() < 0.7:
        fields["attributes"] = some_object(chance)
    for field in chance.choices([*SMALLEST, "source", "trace_id", "causation_id", "x"], k=chance.choice([0, 0, 0, 1])):
        fields[field] = chance.choice([*ATOMS, *SOME])
    pairs = [f'"{field}"{chance.choice(COLONS)}{value}' for field, value in fields.items()]
    if chance.random() < 0.1:
        pairs.append(chance.choice(pairs))
    chance.shuffle(pairs)
    text = "{" + chance.choice([",", ", ", " ,", ",\t"]).join(pairs) + "}"
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        at = chance.randrange(len(data))
        data = data[:at] + bytes([chance.choice(b'{}[]",:\\ \n\t\x00\xff\xc3a1')]) + data[at + chance.randrange(2) :]
    return data


COLONS = (":", ": ", " :")
SOME = ('"null"', '"2025-11-20T12:00:00.5Z"', '"2025-13-20T12:00:00Z"', '"2025-11-20"', '"x y"', '"é"', '"\u3000"')
