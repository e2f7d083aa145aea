"""Gzipped bodies: what is in them, in however many members, and never more than may be."""

import gzip

import pytest

from collector.errors import BodyTooLarge, MalformedBody
from collector.packed import MOST_MEMBERS, unpack

TEXT = b"".join(b'{"correlation_id": "o-%d"}\n' % number for number in range(20_000))
MOST = 1 << 20


def members(text: bytes, size: int) -> bytes:
    return b"".join(gzip.compress(text[begin : begin + size]) for begin in range(0, len(text), size))


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT),
        members(TEXT, 10_000),
        gzip.compress(b"") + gzip.compress(TEXT),
        gzip.compress(TEXT) + bytes(9),
    ],
    ids=["one member", "many members", "an empty one before", "padded"],
)
def test_all_that_is_in_it(packed: bytes) -> None:
    assert unpack(packed, MOST) == TEXT


def test_up_to_the_bound_and_no_byte_more() -> None:
    for packed in (gzip.compress(TEXT), members(TEXT, 10_000)):
        assert unpack(packed, len(TEXT)) == TEXT
        with pytest.raises(BodyTooLarge, match="when unpacked"):
            unpack(packed, len(TEXT) - 1)


def test_members_are_bounded() -> None:
    assert unpack(gzip.compress(b"") * MOST_MEMBERS, MOST) == b""
    with pytest.raises(MalformedBody, match="more than 1,000 gzip members"):
        unpack(gzip.compress(b"") * (MOST_MEMBERS + 1), MOST)


@pytest.mark.parametrize("end", [0, 5, 15, 1_000, -9, -1])
def test_what_ends_early_is_told(end: int) -> None:
    with pytest.raises(MalformedBody, match="the gzip data end early"):
        unpack(gzip.compress(TEXT)[:end], MOST)


@pytest.mark.parametrize("wrong", ["no gzip", "something behind", "wrong sum"])
def test_what_is_no_gzip_is_told(wrong: str) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-5] ^= 1  # of the checksum
    told = {"no gzip": b"x" * 100, "something behind": gzip.compress(TEXT) + b"junk", "wrong sum": bytes(packed)}
    with pytest.raises(MalformedBody, match="the body is not gzip"):
        unpack(told[wrong], MOST)
