"""What requests bring, as columns of the tables it belongs to: written to ClickHouse, or kept in the spool as bytes."""

import logging
from collections.abc import Sequence

import lz4.frame  # type: ignore[import-untyped]  # it has no stubs
import msgspec

from store import events as event_store
from store import quarantine
from store.clickhouse import ClickHouse
from store.errors import StoreRefused
from store.event import EventColumns
from store.quarantine import Row

logger = logging.getLogger(__name__)


class Parcel(msgspec.Struct, gc=False):
    """The rows of one request, or of several joined; `refused` goes into the quarantine. A spool may hold what an older
    version of this has packed."""

    events: EventColumns = msgspec.field(default_factory=EventColumns)
    refused: list[Row] = []

    def __len__(self) -> int:
        return len(self.events) + len(self.refused)

    @property
    def accepted_at(self) -> int | None:
        """When the first of its events was accepted, µs UTC; `None` where it has none."""
        return min(self.events.received_at, default=None)

    def extend(self, other: "Parcel") -> None:
        self.events.extend(other.events)
        self.refused.extend(other.refused)

    def halves(self) -> "tuple[Parcel, Parcel]":
        """The same rows in two parcels."""
        middle = len(self) // 2
        return self._part(0, middle), self._part(middle, len(self))

    def write(self, clickhouse: ClickHouse, token: str) -> None:
        """Store all of it. A repeat with the same token stores nothing twice.

        Events come last: once they are there, so is all else. Raises StoreUnavailable or StoreRefused.
        """
        if self.refused:
            _set_apart(clickhouse, self.refused)
        event_store.write_columns(clickhouse, self.events, token)

    def _part(self, start: int, end: int) -> "Parcel":
        """Some of its rows, counted as if what was refused came behind the events."""
        behind = len(self.events)
        columns = msgspec.structs.astuple(self.events)
        events = EventColumns(*(values[start:end] for values in columns))
        return Parcel(events, self.refused[max(start - behind, 0) : max(end - behind, 0)])

    def packed(self) -> bytes:
        return bytes(lz4.frame.compress(_encode(self)))

    @classmethod
    def unpacked(cls, packed: bytes) -> "Parcel":
        return _decode(lz4.frame.decompress(packed))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Parcel).decode


def joined(parcels: "list[Parcel]") -> Parcel:
    """All their rows in one; of a single parcel itself."""
    if len(parcels) == 1:
        return parcels[0]
    whole = Parcel()
    for parcel in parcels:
        whole.extend(parcel)
    return whole


def _set_apart(clickhouse: ClickHouse, refused: Sequence[Row]) -> None:
    try:
        quarantine.write(clickhouse, refused)
    except StoreRefused as error:  # that must not keep good events out
        logger.error("%d refused events can't be kept: %s", len(refused), error)
