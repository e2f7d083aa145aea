"""Orders in the making: so many events a second, each at its own instant, of orders that have four a while apart.

Three gaps after the begin as many orders end as begin, and the rate is reached. Of `flagged` orders one is never paid,
and one never shipped. An event is a pure function of its number.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from store.event import SECOND
from store.instant import rfc3339

_LEAD = 3 * SECOND
WORKFLOW = "order-fulfilment"
SCATTERED, ORDERED = "scattered", "ordered"
NAMES = ("OrderPlaced", "PaymentReceived", "ItemShipped", "ComplianceCheckDone")
SOURCES = ("shop", "payments", "warehouse", "compliance")

# By the gap: a step that comes is in time, and one that doesn't is missed while others are still open.
RULES = """\
workflow: order-fulfilment
noun: order
owner: orders
start: OrderPlaced
grace: {grace}s
at_risk: {{value: start.amount, unit: start.currency}}
customer: start.customer
steps:
  payment: {{event: PaymentReceived, within: {paid}s}}
  shipment: {{event: ItemShipped, after: payment, within: {shipped}s}}
  compliance: {{event: ComplianceCheckDone, after: payment, within: {checked}s}}
"""


def rules(gap: int, grace: int) -> str:
    return RULES.format(grace=grace, paid=gap * 3 // 2, shipped=gap * 3 // 2, checked=gap * 5 // 2)


@dataclass(frozen=True)
class Stream(Sequence[bytes]):
    """NDJSON bodies of `batch` events. `rate` in events a second; `gap`, from one event of an order to the next, in
    seconds, as is the length, which begins when the rate is reached; `begin` in µs UTC. `ids` are scattered like
    hashes, or ordered by time, as UUIDs of version 7 are."""

    rate: int
    seconds: int
    begin: int = 0
    gap: int = 20
    ids: str = SCATTERED
    flagged: int = 200
    batch: int = 500

    def __len__(self) -> int:
        return -(-(self.seconds + 3 * self.gap) * self.rate // self.batch)

    @property
    def steady(self) -> int:
        """How many bodies there are from when on the rate is reached."""
        return self.seconds * self.rate // self.batch

    def soon(self) -> "Stream":
        """The same, beginning when a client has had the time to start."""
        return replace(self, begin=time.time_ns() // 1_000 + _LEAD)

    @property
    def end(self) -> int:
        """µs UTC, as `begin`."""
        return self.begin + (self.seconds + 3 * self.gap) * SECOND

    def __getitem__(self, place: int) -> bytes:  # type: ignore[override]  # nobody slices it
        if not 0 <= place < len(self):
            raise IndexError(place)
        events = (self._event(number) for number in range(place * self.batch, (place + 1) * self.batch))
        return b"\n".join(json.dumps(event, separators=(",", ":")).encode() for event in events if event)

    def order(self, number: int) -> str:
        scattered = hashlib.blake2b(number.to_bytes(8, "big"), digest_size=8).hexdigest()
        if self.ids == SCATTERED:
            return f"order-{scattered}"
        placed = f"{self.placed(number) // 1000:012x}"
        return f"{placed[:8]}-{placed[8:]}-7{scattered[:3]}-a{scattered[3:6]}-{scattered[6:]}00"

    def latest(self, now: int) -> int:
        """The number of an order that was placed just before this instant (µs UTC)."""
        return (now - self.begin) * self.rate // SECOND // 4 - 1

    def placed(self, number: int) -> int:
        """When this order was (µs UTC)."""
        return self._at(4 * number)

    def _at(self, number: int) -> int:
        return self.begin + number * SECOND // self.rate

    def _event(self, number: int) -> dict[str, object] | None:
        slot, step = divmod(number, 4)
        order = slot - step * self.gap * self.rate // 4
        fate = order % self.flagged
        if order < 0 or (fate == 0 and step > 0) or (fate == 1 and step == 2):
            return None
        return {
            "id": f"evt-{order:x}-{step}",
            "correlation_id": self.order(order),
            "name": NAMES[step],
            "time": rfc3339(self._at(number)),
            "source": SOURCES[step],
            "attributes": {"amount": order % 50_000 / 100, "currency": "EUR", "customer": f"c-{order % 1000}"},
        }
