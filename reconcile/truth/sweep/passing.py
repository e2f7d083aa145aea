"""One pass of a sweep: the provider's pages against what is here, then what is here against their pages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from reconcile.truth.sweep.compare import Difference, Kind, compare
from reconcile.truth.sweep.findings import Counts, Findings
from reconcile.truth.sweep.here import Here
from reconcile.truth.sweep.listing import Item, Listing, Outcome

_ORDERS = 500  # compared and written down at a time

Orders = Mapping[str, Sequence[Item]]
"""By correlation ID, what the provider says of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """They are asked what has changed since `asked`; events here count from `since`, and all up to `until` (µs UTC).

    It is wider there than here on both sides, so that what both have at its edge is no difference.
    """

    asked: int
    since: int
    until: int


class Pass:
    """At `now` (µs UTC)."""

    def __init__(self, listing: Listing, here: Here, findings: Findings, window: Window, now: int) -> None:
        self._listing = listing
        self._here = here
        self._findings = findings
        self._window = window
        self._now = now
        self._counts = Counts()
        self._listed: set[str] = set()
        self._happened: set[str] = set()
        # Behind all pages: on one that is still to come an order may have succeeded that has failed on this one.
        self._failed: defaultdict[str, list[Item]] = defaultdict(list)

    def make(self, renew: Callable[[], None], wait: Callable[[float], None]) -> Mapping[str, object]:
        """What it came to, for the record. `renew` is called with every page, and may raise; `wait` waits for seconds.

        Raises `SweepFailed` or StoreError; what was found until then is written down, and is found again.
        """
        pages = items = skipped = 0
        for page in self._listing.pages(self._window.asked, wait):
            renew()
            pages, items, skipped = pages + 1, items + len(page.items), skipped + page.skipped
            self._take(page.items)
        self._compare({it: said for it, said in self._failed.items() if it not in self._happened})
        self._look_here()
        self._look_again()
        return {"pages": pages, "items": items, "skipped": skipped, **asdict(self._counts)}

    def _take(self, items: Sequence[Item]) -> None:
        self._listed.update(it.correlation_id for it in items)
        happened: defaultdict[str, list[Item]] = defaultdict(list)
        for it in items:
            # What is younger may still be on its way to us: the next pass looks at it.
            if it.time is not None and it.time > self._window.until:
                continue
            if it.outcome is Outcome.HAPPENED:
                happened[it.correlation_id].append(it)
            elif it.outcome is Outcome.FAILED:
                self._failed[it.correlation_id].append(it)
        self._happened.update(happened)
        self._compare(happened)

    def _compare(self, orders: Orders) -> None:
        for batch in _batches(orders):
            known = self._here.of(batch)
            step = self._listing.settings.step
            compared = {it: compare(orders[it], known[it], step) for it in batch}
            differ = {it: (found, known[it]) for it, found in compared.items() if found and self._counted(found)}
            self._counts += self._findings.compared(differ, batch, self._now)

    def _look_here(self) -> None:
        seen = self._here.within(self._window.since, self._window.until)
        unlisted = (it for it in seen if it.correlation_id not in self._listed)
        while batch := list(islice(unlisted, _ORDERS)):
            self._counts += self._findings.unlisted(batch, self._now)

    def _look_again(self) -> None:
        """At what was found by earlier passes, and is on none of these pages: it may have come meanwhile."""
        earlier = self._findings.earlier(self._now)
        known = self._here.of(it.correlation_id for it in earlier.values())
        step = self._listing.settings.step
        agreed = [id_ for id_, it in earlier.items() if compare([it], known[it.correlation_id], step) is None]
        self._counts += self._findings.agreed(agreed, self._now)

    def _counted(self, found: Difference) -> bool:
        """Orders of somebody else may be on the list as well, and be no discrepancy."""
        return found.kind is not Kind.UNKNOWN_ORDER or self._listing.settings.unknown


def _batches(orders: Iterable[str]) -> Iterable[list[str]]:
    iterator = iter(orders)
    while batch := list(islice(iterator, _ORDERS)):
        yield batch
