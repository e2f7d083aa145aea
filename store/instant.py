"""Instants as text. All values are microseconds since the Unix epoch, UTC."""

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def rfc3339(micros: int) -> str:
    """`2026-11-20T14:05:09.25Z`: as many of six fractional digits as are needed."""
    text = moment(micros).isoformat(timespec="microseconds").removesuffix("+00:00")
    return text.rstrip("0").rstrip(".") + "Z"


def rfc3339_or_none(micros: int | None) -> str | None:
    return None if micros is None else rfc3339(micros)


_TEXT = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII)
_SECONDS = re.compile(r"\d{1,11}(\.\d+)?", re.ASCII)
_LATEST = 10_413_792_000 * 1_000_000  # the end of what ClickHouse can hold


def parse_instant(text: str) -> int:
    """`2026-11-20T14:05:09Z`, RFC 3339 and what comes near it, or seconds since the epoch; without a zone UTC; a date
    is its midnight. Raises `ValueError` that says what was expected."""
    try:
        micros = round(float(text) * 1_000_000) if _SECONDS.fullmatch(text) else _from_text(text)
    except (ValueError, OverflowError):
        micros = -1
    if not 0 <= micros < _LATEST:
        raise ValueError("expected an instant such as 2026-11-20T14:05:00Z, or seconds since the epoch")
    return micros


def _from_text(text: str) -> int:
    if not _TEXT.fullmatch(text):
        raise ValueError
    read = datetime.fromisoformat(text.upper().replace(",", "."))
    return (read.replace(tzinfo=read.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)
