"""What a message tells of one subject. Times are µs UTC."""

from dataclasses import dataclass
from enum import StrEnum

from reconcile.cases.case import Change, News
from reconcile.notify.news import snapshot

NEW = (News.OPENED, News.REOPENED, News.DUE_SOON, News.DISCREPANCY)

MOMENTARY = frozenset({News.DUE_SOON, News.DISCREPANCY})
"""What is told and done with: nobody hears that it is over."""


OF_INCIDENTS = frozenset({News.SILENT, News.LET_GO, News.BACK})
"""Told each by itself, whatever a route groups by."""


class Told(StrEnum):
    """What the last message to a receiver said of a subject."""

    NOTHING = ""  # there was none
    OPEN = "open"  # that it asks for somebody
    CLOSED = "closed"  # that it no longer does


@dataclass(frozen=True, slots=True)
class Item:
    """One subject of a message. `snapshot` is of now, `before` of what the receiver knows; both as JSON.

    `repeated`: nothing is new, it is still unresolved.
    """

    subject: str
    transition: int
    type: News
    at: int
    workflow: str
    correlation_id: str
    step: str
    kind: str
    at_risk: float | None
    unit: str | None
    open: bool
    snapshot: str
    before: str | None = None
    repeated: bool = False

    @property
    def new(self) -> bool:
        return self.type in NEW and not self.repeated

    @property
    def change(self) -> Change:
        """As news of a case from what the receiver knows to what is."""
        return Change(snapshot(self.snapshot), snapshot(self.before) if self.before else None, self.type)


def what_to_say(told: Told, is_open: bool, last: News, escalated: bool) -> News | None:
    """The type of the news for a receiver that knows `told` of it; `None` where there is nothing to say.

    `last` is what happened last, `escalated` whether that is among what has happened since.
    """
    if last is News.DISCREPANCY:
        return last
    if last is News.DUE_SOON:
        return last if told is Told.NOTHING else None
    if last in OF_INCIDENTS:
        return last if is_open or told is Told.OPEN else None
    if not is_open:
        return News.RESOLVED if told is Told.OPEN else None
    if told is Told.NOTHING:
        return News.OPENED
    if told is Told.CLOSED:
        return News.REOPENED
    if escalated:
        return News.ESCALATED
    return News.UPDATED if last in NEW else last
