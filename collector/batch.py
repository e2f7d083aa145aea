"""What decoding gives: the events that were taken, and what was refused and why."""

from dataclasses import dataclass, field

import msgspec

from store.event import EventColumns


class Rejection(msgspec.Struct, frozen=True):
    """One event that was not taken.

    `index` counts from 0: the place in the array, or in NDJSON the line (blank lines count). `field` is the place in
    the event, such as `time` or `attributes.items[2].price`, and empty where the event as a whole is meant.
    """

    index: int
    field: str
    reason: str

    @property
    def line(self) -> int:
        """The line of an NDJSON file, counted from 1."""
        return self.index + 1


@dataclass(slots=True)
class Batch:
    """Events in the order of the body, and the rejections in the same order."""

    events: EventColumns = field(default_factory=EventColumns)
    rejected: list[Rejection] = field(default_factory=list)
