"""What counts as silence. How often events of a name, or of a source, come at least is learned, or said in the file:

evaluator:
  silence:
    expect: {PaymentReceived: 100/h, ItemShipped: 2/s}
    expect_sources: {payments: 200/h}
    ignore: Heartbeat,*.debug
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from store.event import DAY, HOUR, MINUTE, SECOND
from store.settings_branch import ANY, Branch

EXPECT = ("evaluator", "silence", "expect")
EXPECT_SOURCES = ("evaluator", "silence", "expect_sources")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|min|m|h|d)")
_UNITS: Mapping[str, int] = {"s": SECOND, "min": MINUTE, "m": MINUTE, "h": HOUR, "d": DAY}


@dataclass(frozen=True, slots=True)
class SilenceSettings:
    """`expect`, `expect_sources`: µs between two events of a name, or from a source, on the average, where that is said
    and not learned; `learn`: how much has to be known before what is usual is believed (µs); `ignore`: names that may
    fall silent, in which `*` stands for anything."""

    expect: Mapping[str, int] = field(default_factory=dict)
    learn: int = DAY
    ignore: tuple[str, ...] = ()
    expect_sources: Mapping[str, int] = field(default_factory=dict)

    def heeds(self, name: str) -> bool:
        return not any(fnmatchcase(name, pattern) for pattern in self.ignore)


UNDECLARED = SilenceSettings()


def expectations(branch: Branch | None) -> dict[str, int]:
    """By event name, or by source; what is wrong is noted."""
    given = {} if branch is None else branch.members((ANY,))
    return {name: it.parsed(interval, HOUR) for name, it in given.items()}


def interval(text: str) -> int:
    """µs from one event to the next, of a rate such as `100/h`."""
    found = _RATE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise ValueError("expected how many there are in a while, such as 5/s, 20/min, 100/h or 50/d")
    return round(_UNITS[found[2]] / float(found[1]))
