"""What the page of an order shows of its case, and which moves of it are possible. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Row as SqlRow

from api.access.identity import Identity, Scope
from api.actions import action_desk
from api.bodies import AcknowledgeBody, AssignBody, MoveBody, ReopenBody, ResolveBody, SnoozeBody
from api.context import Context
from api.queue import Case
from reconcile.actions.offers import Deed, Offer
from reconcile.actions.row import Action
from reconcile.audit.row import Row
from reconcile.audit.trail import Asked, Span, Trail
from reconcile.cases import comments
from reconcile.cases.ambiguity import SENTENCES, Ambiguity
from reconcile.cases.case import BY_PEOPLE, Reason, State
from reconcile.cases.comments import Comment
from reconcile.cases.moves import Acknowledge, Assign, Reopen, Resolve, Snooze
from reconcile.cases.references import Found
from reconcile.notify import postbox
from reconcile.notify.postbox import Wanted
from reconcile.notify.silence import Silence, in_force, silenced_by
from reconcile.notify.silencing import facts
from reconcile.truth.standing import Standing, standings
from rules.verdict import WHOLE
from store.event import DAY, HOUR
from store.instant import rfc3339

MOVES: Mapping[str, type[MoveBody]] = {
    "acknowledge": AcknowledgeBody,
    "snooze": SnoozeBody,
    "resolve": ResolveBody,
    "reopen": ReopenBody,
    "assign": AssignBody,
}
"""By the last part of the address that its form is sent to."""

_POSSIBLE_IN = {
    "acknowledge": Acknowledge.possible_in,
    "snooze": Snooze.possible_in,
    "resolve": Resolve.possible_in,
    "reopen": Reopen.possible_in,
    "assign": Assign.possible_in,
}

REASONS: Mapping[Reason, str] = {
    Reason.CONFIRMED_AT_SOURCE: "the source says that it happened",
    Reason.FIXED: "somebody put it right",
    Reason.ACCEPTED: "it is as flagged, and may stay so",
    Reason.FALSE_ALARM: "nothing was ever wrong",
    Reason.DEVIATED: "something else was done instead, on purpose",
    Reason.DUPLICATE: "dealt with in another case",
    Reason.OTHER: "the note says",
}

DEEDS = frozenset({Deed.ASK, Deed.SETTLE, Deed.REPEAT, Deed.APPROVE, Deed.RUN})
"""What has a button of its own; the rest is done by resolving the case."""

NINE = 9 * HOUR
MOST = 50  # entries of the audit trail, and messages, that are shown


@dataclass(frozen=True, slots=True)
class Panel:
    """`silence`: by which nobody is told at present. `messages` and `done`, of the audit trail, the newest first."""

    case: Case
    now: int
    identity: Identity
    references: Found
    comments: Sequence[Comment]
    offers: Sequence[Offer]
    actions: Sequence[Action]
    lookups: Sequence[Standing]
    silence: Silence | None
    messages: Sequence[SqlRow[Any]]
    done: Sequence[Row]

    @property
    def unclear(self) -> tuple[str, ...]:
        """What is not known, a sentence for each; of a settled case nothing."""
        words = self.case.ambiguity.split() if self.case.state != State.RESOLVED else []
        return tuple(SENTENCES[Ambiguity(word)] for word in words)

    @property
    def deeds(self) -> tuple[Offer, ...]:
        """What is safe to have done now, the first thing to think of first."""
        return tuple(offer for offer in self.offers if offer.offered and offer.deed in DEEDS)

    @property
    def withheld(self) -> tuple[Offer, ...]:
        """What is not safe now, each with its reason."""
        return tuple(offer for offer in self.offers if not offer.offered and offer.deed in DEEDS)

    @property
    def steps(self) -> tuple[str, ...]:
        """Of what is wrong now: on which somebody's word may count."""
        open_ones = (finding.step for finding in self.case.findings if finding.open and finding.step != WHOLE)
        return tuple(dict.fromkeys(open_ones))

    @property
    def may_operate(self) -> bool:
        return Scope.OPERATE in self.identity.scopes

    @property
    def is_theirs(self) -> bool:
        """Whether the case is of a team of whoever looks."""
        return self.identity.teams.have(self.case.owners)

    @property
    def is_mine(self) -> bool:
        return self.case.assignee == self.identity.actor.name

    def can(self, move: str) -> bool:
        """Whether it can be moved so in its state."""
        return State(self.case.state) in _POSSIBLE_IN[move]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """Why it may be resolved: the code, and what it means."""
        return [(reason, REASONS[reason]) for reason in BY_PEOPLE]

    @property
    def tomorrow(self) -> str:
        return tomorrow(self.now)


def tomorrow(now: int) -> str:
    """The next morning at nine, as the `until` of a snooze has it."""
    return rfc3339((now // DAY + 1) * DAY + NINE)


def look(here: Context, connection: Connection, case: Case, identity: Identity) -> Panel:
    """Raises `StoreUnavailable`."""
    found = here.desk.references.of_orders([case.correlation_id]).get(case.correlation_id, {})
    now = here.clock.now()
    offers, actions = action_desk(here).offers(case.id, now)
    said, lookups = comments.of_case(connection, case.id), standings(connection, case.id)
    silence = silenced_by(facts(case), in_force(connection, now)) if case.state != State.RESOLVED else None
    messages = postbox.page(connection, Wanted(subject=case.id), None, MOST)
    done = Trail(here.clickhouse, here.database).page(Asked(case_id=case.id), Span(newest_first=True), MOST)
    return Panel(case, now, identity, found, said, offers, actions, lookups, silence, messages, done)
