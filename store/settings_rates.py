"""How fast each sender may send events. In the file, beside the rate of everybody else:

collector:
  rate: {events: 2000, bytes: 2MiB}
  rates:
    payments-svc: {events: 20000}
"""

from dataclasses import dataclass

from store import settings_values as values
from store.settings_branch import ANY, Branch

RATES = ("collector", "rates")
_EVENTS, _BYTES = "events", "bytes"


@dataclass(frozen=True, slots=True)
class Rate:
    """Events and bytes (as they come over the wire, unpacked) in a second, on the average of some; `None`: any."""

    events: int | None = None
    bytes: int | None = None

    def __str__(self) -> str:
        events = f"{self.events:,} events" if self.events is not None else ""
        size = f"{self.bytes:,} bytes" if self.bytes is not None else ""
        return f"{' and '.join(filter(None, (events, size)))} a second"


UNLIMITED = Rate()


def own_rates(branch: Branch | None) -> dict[str, Rate]:
    """By the name of a token, or of the source that it is for; what is wrong is noted."""
    if branch is None:
        return {}
    return {name: _rate(given) for name, given in branch.members({ANY}).items()}


def _rate(branch: Branch) -> Rate:
    given = branch.members((_EVENTS, _BYTES))
    if not given:
        branch.problem("expected events, bytes or both: how many in a second")
    events, size = given.get(_EVENTS), given.get(_BYTES)
    return Rate(
        None if events is None else events.parsed(values.count, 1),
        None if size is None else size.parsed(values.size, 1),
    )
