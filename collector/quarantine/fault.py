"""What is wrong with an event, without what differs from event to event: by it the many of a broken deploy are one."""

import re

LONGEST = 300  # characters

# What is quoted may have quotes itself. Numbers with their units: `1 d 12 h`.
_VARIES = re.compile(r'".*"|\d(?:[\w.,:+-]*\w)?(?: (?:d|h|min|s|ms|µs)\b| \d(?:[\w.,:+-]*\w)?)*', re.DOTALL)
_PLACES = re.compile(r"\[\d+\]")


def fault_of(field: str, reason: str) -> str:
    """`time: lies … in the future`, of whatever was quoted or counted in the reason."""
    place = _PLACES.sub("[…]", field)
    kind = _VARIES.sub("…", reason)
    return (f"{place}: {kind}" if place else kind)[:LONGEST]
