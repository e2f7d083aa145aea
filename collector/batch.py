"""What decoding gives: the events that were taken, and what was refused and why."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from collector.acceptance import Acceptance
from collector.errors import Refused
from collector.lines import Lines
from store.event import EventColumns

# Bytes of what was refused that one batch holds on to.
MOST_KEPT = 16 << 20


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


class Alone(msgspec.Struct, frozen=True, gc=False):
    """One event by itself, as the decoder of `form` takes it again. `cut`: of one that is too long only the beginning.

    `source` is empty where the bytes do not say it.
    """

    form: str
    data: bytes
    source: str = ""
    cut: bool = False

    @classmethod
    def within(cls, most: int, form: str, data: bytes, source: str = "") -> "Alone":
        """At most `most` bytes of it."""
        return cls(form, data[:most], source, len(data) > most)


class Kept(msgspec.Struct, frozen=True, gc=False):
    """What was refused, and why."""

    alone: Alone
    field: str
    reason: str


@dataclass(slots=True)
class Batch:
    """Events in the order of the body, and the rejections in the same order.

    `kept` has the bytes of what was refused, of the first so many where they are too much to hold on to. `ignored`: how
    many there were that are no business events, and do not claim to be: ordinary telemetry. `lines`: what ClickHouse is
    to read; then nothing else is in the batch.
    """

    events: EventColumns = field(default_factory=EventColumns)
    rejected: list[Rejection] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    ignored: int = 0
    lines: Lines | None = None
    _room: int = field(default=MOST_KEPT, repr=False, compare=False)

    @property
    def accepted(self) -> int:
        """How many events were taken."""
        return len(self.events) if self.lines is None else len(self.lines)

    @property
    def sources(self) -> Mapping[str, int]:
        """How many of these are of which source."""
        return Counter(self.events.source) if self.lines is None else self.lines.sources

    def refuse(self, index: int, refused: Refused, alone: Callable[[], Alone] | None) -> None:
        """Note that the event at this place is not taken, and keep its bytes while there is room for them.

        `None`: nobody has them. From there on nothing is kept, since what is kept is of the first that were refused.
        """
        self.rejected.append(Rejection(index, refused.field, refused.reason))
        if alone is None:
            self._room = 0
        elif self._room > 0:
            kept = Kept(alone(), refused.field, refused.reason)
            self._room -= len(kept.alone.data)
            self.kept.append(kept)


Decoder = Callable[[bytes, Acceptance], Batch]
"""What reads a body. Raises `CollectorError` where it can't be read as a whole."""
