"""What a server means by `Retry-After`."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from store.event import SECOND


def retry_after(value: str, now: int) -> int | None:
    """Seconds or an HTTP date, as µs from now (µs UTC); `None` where it is neither or has passed."""
    if value.isdecimal() and len(value) < 10:
        return int(value) * SECOND
    try:
        at = parsedate_to_datetime(value)
        ahead = round(at.replace(tzinfo=at.tzinfo or UTC).timestamp()) * SECOND - now
    except (ValueError, OverflowError):
        return None
    return ahead if ahead > 0 else None
