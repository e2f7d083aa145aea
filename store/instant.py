"""Instants as text. All values are microseconds since the Unix epoch, UTC."""

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
