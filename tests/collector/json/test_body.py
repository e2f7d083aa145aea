"""Bodies and files of JSON: objects, arrays and lines, with the good around the bad."""

import gzip
import io
import json
import random
import tracemalloc
from pathlib import Path

import pytest

from collector.acceptance import Acceptance
from collector.batch import Batch, Rejection
from collector.errors import BodyTooLarge, MalformedBody
from collector.json.body import decode_json, decode_ndjson, read_ndjson

BOM = b"\xef\xbb\xbf"


def event(number: int, **fields: object) -> dict[str, object]:
    whole = {"id": f"e-{number}", "correlation_id": f"o-{number}", "name": "A", "time": "2025-11-20T12:00:00Z"}
    return {**whole, **fields}


def line(number: int, **fields: object) -> bytes:
    return json.dumps(event(number, **fields)).encode()


def ids(*batches: Batch) -> list[str]:
    return [taken.id for batch in batches for taken in batch.events]


def places(*batches: Batch) -> list[tuple[int, str]]:
    return [(rejection.index, rejection.field) for batch in batches for rejection in batch.rejected]


def test_one_object(terms: Acceptance) -> None:
    batch = decode_json(b" \n" + line(1) + b"\n", terms)
    assert (ids(batch), batch.rejected) == (["e-1"], [])


def test_one_object_that_is_refused(terms: Acceptance) -> None:
    assert decode_json(line(1, name=""), terms).rejected == [Rejection(0, "name", "empty")]


def test_an_array_in_order(terms: Acceptance) -> None:
    batch = decode_json(json.dumps([event(n) for n in range(5)], indent=1).encode(), terms)
    assert (ids(batch), batch.rejected) == ([f"e-{n}" for n in range(5)], [])


@pytest.mark.parametrize("body", [b"[]", b" [ ] "])
def test_an_empty_array(terms: Acceptance, body: bytes) -> None:
    assert decode_json(body, terms) == Batch()


@pytest.mark.parametrize(
    "bad",
    [
        b"1",
        b"null",
        b'"text"',
        b"[]",
        b"{}",
        line(9, name=""),
        line(9, time="x"),
        line(9, attributes={"a": "\ud800"}),
        line(9, attributes={"a": float("nan")}),
        b'{"id": "\xff"}',
        b'{"id": 1 "name": 2}',
        b'{"attributes": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"",
    ],
)
def test_a_bad_element_harms_none_but_itself(terms: Acceptance, bad: bytes) -> None:
    batch = decode_json(b"[" + line(1) + b",\n" + bad + b"," + line(2) + b"]", terms)
    assert ids(batch) == ["e-1", "e-2"]
    assert [rejection.index for rejection in batch.rejected] == [1]
    assert batch.rejected[0].reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty; expected a JSON object or an array of them"),
        (b" \r\n", "the body is empty"),
        (b"rubbish", "line 1, column 1: expected a JSON object or an array of them"),
        (b"\x00\xff", "line 1, column 1: expected a JSON object"),
        (b"123", "line 1, column 1: expected a JSON object"),
        (b"{", "line 1, column 2: not JSON: expecting property name"),
        (b'{"id": 1,\n  oops}', "line 2, column 3: not JSON: expecting property name"),
        (b'{"id": "\xff"}', "line 1, column 9: not JSON: not UTF-8"),
        (b"[" + line(1), "the array does not end"),
        (b"[" + line(1) + b"] []", "something comes after the end of the array"),
        (line(1) + b"\n" + line(2), "lines of JSON need Content-Type: application/x-ndjson"),
    ],
)
def test_what_is_no_json_is_malformed_as_a_whole(terms: Acceptance, body: bytes, reason: str) -> None:
    with pytest.raises(MalformedBody) as malformed:
        decode_json(body, terms)
    assert reason in str(malformed.value)


def test_lines(terms: Acceptance) -> None:
    body = BOM + line(1) + b"\r\n\n  \n" + line(2) + b"\nrubbish\n" + line(3, time=7) + b"\n\xff\n" + line(4, name="")
    batch = decode_ndjson(body, terms)
    assert ids(batch) == ["e-1", "e-2", "e-3"]
    assert places(batch) == [(4, ""), (6, ""), (7, "name")]
    assert [rejection.line for rejection in batch.rejected] == [5, 7, 8]
    assert batch.rejected[0].reason == "not JSON: expecting value (byte 1)"


@pytest.mark.parametrize("body", [b"", b"\n\n \n"])
def test_no_lines(terms: Acceptance, body: bytes) -> None:
    assert decode_ndjson(body, terms) == Batch()


def test_too_many_events_are_refused_as_a_whole(terms: Acceptance) -> None:
    most = [event(n) for n in range(terms.max_batch)]
    assert len(decode_json(json.dumps(most).encode(), terms).events) == terms.max_batch
    lines = b"\n".join(map(line, range(terms.max_batch + 1)))
    array = json.dumps([*most, event(0)]).encode()
    many_small = b"[" + b"0," * 2_000_000 + b"0]"
    for decode, body in ((decode_json, array), (decode_json, many_small), (decode_ndjson, lines)):
        with pytest.raises(BodyTooLarge, match="more than 2,000 events in one request"):
            decode(body, terms)


def test_an_array_with_very_many_commas_is_read_all_the_same(terms: Acceptance) -> None:
    wide = [event(n, attributes={"numbers": list(range(1_000))}) for n in range(100)]
    batch = decode_json(json.dumps(wide).encode(), terms)
    assert (len(batch.events), batch.rejected) == (100, [])


def test_a_file_comes_in_batches_with_the_lines_of_the_whole_file(terms: Acceptance) -> None:
    file = io.BytesIO(BOM + b"\n".join([line(0), b"x", line(1), b"", b"y", line(2), line(3), b"z"]))
    batches = list(read_ndjson(file, terms, size=3))
    assert ids(*batches) == ["e-0", "e-1", "e-2", "e-3"]
    assert places(*batches) == [(1, ""), (4, ""), (7, "")]
    assert [len(batch.events) + len(batch.rejected) for batch in batches] == [3, 3, 1]
    assert not file.closed


def test_a_gzipped_file_is_told_by_its_first_bytes(terms: Acceptance, tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(gzip.compress(line(1) + b"\n") + gzip.compress(line(2)))
    with path.open("rb") as file:
        assert ids(*read_ndjson(file, terms)) == ["e-1", "e-2"]
        assert not file.closed


@pytest.mark.parametrize("content", [b"", b"\n", gzip.compress(b"", mtime=0)])
def test_a_file_without_events(terms: Acceptance, content: bytes) -> None:
    assert list(read_ndjson(io.BytesIO(content), terms)) == []


def test_a_broken_gzip_is_said_so(terms: Acceptance) -> None:
    packed = gzip.compress(b"\n".join(map(line, range(2_000))))
    for broken in (packed[:-9], packed[:500] + b"\xff" * 50 + packed[550:]):
        with pytest.raises(MalformedBody, match="the gzip data are broken or end early"):
            list(read_ndjson(io.BytesIO(broken), terms))


def test_a_line_that_is_far_too_long_is_named_and_not_held_in_memory(terms: Acceptance, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(line(1) + b'\n{"name": "')
        for _ in range(30):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + line(2))
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            batches = list(read_ndjson(file, terms))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ids(*batches) == ["e-1", "e-2"]
    assert batches[0].rejected == [Rejection(1, "", "longer than 327,680 bytes, the most an event may have")]
    assert peak < 8_000_000


def test_rubbish_of_any_kind_is_refused_line_by_line(terms: Acceptance) -> None:
    rubbish = random.Random(3).randbytes(300_000)
    batches = list(read_ndjson(io.BytesIO(b"x" + rubbish), terms))
    assert ids(*batches) == []
    lines = (b"x" + rubbish).split(b"\n")
    assert len(places(*batches)) == sum(1 for line in lines if line.strip(b" \t\r\n"))
