"""How many fields a message has, by its bytes alone."""

import pytest
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.errors import BodyTooLarge
from collector.otlp.envelope import LARGE, origins
from collector.otlp.wire import count_fields
from tests.collector.otlp.records import record


def test_every_field_counts_once_whatever_is_in_it() -> None:
    assert count_fields(b"", 10) == 0
    written = record({"a": {"b": [1, 2, 3]}, "c": 1.5})
    assert count_fields(written.SerializeToString(), 10) == 5  # time, name, and three attributes
    kinds = LogRecord(time_unix_nano=1, severity_number=2, event_name="x" * 300, flags=3, trace_id=b"1" * 16)  # type: ignore[arg-type]
    assert count_fields(kinds.SerializeToString(), 10) == 5


def test_it_does_not_count_for_ever() -> None:
    assert count_fields(b"\x12\x00" * 1_000, 10) == 11


@pytest.mark.parametrize("data", [b"\x12", b"\x80", b"\x0b\x00", b"\xff" * 20], ids=["cut", "no end", "group", "long"])
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(DecodeError):
        count_fields(data, 10)


@pytest.mark.parametrize("wrapped", [0, 1, 2])
def test_what_has_too_many_is_not_parsed(wrapped: int) -> None:
    body = b"\x12\x00" * LARGE
    for number in range(wrapped):
        tag = (b"\x12", b"\x0a")[number + 2 - wrapped]
        body = tag + varint(len(body)) + body
    with pytest.raises(BodyTooLarge, match="more than 1,000 log records"):
        list(origins(body, 1_000))


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
