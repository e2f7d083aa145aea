"""Many cases at once: what a filter chooses is looked at first, and then changed as it was then. Times are µs UTC."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select

from api import queue
from api.case_filters import Wanted, conditions
from api.cursor import Int64, decode, encode
from api.problem import ApiError, BadParameters, Fault
from api.queue import Case
from reconcile.cases.moves import Move
from store.tables import cases

LATEST = 253_402_300_799_999_999  # µs: the last instant of the year 9999
EXAMPLES = 5
AT_MOST = 5_000
"""Cases that are changed by one request."""


class Changed(ApiError):
    """What is chosen now is more than what was previewed."""

    def __init__(self) -> None:
        super().__init__(409, "There are cases in it now that were not previewed. Ask for another preview.")


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a preview: when it was made, of which filter, and how many cases there were."""

    at: Annotated[int, msgspec.Meta(ge=0, le=LATEST)]
    filter: str
    count: Int64


@dataclass(frozen=True, slots=True)
class Preview:
    """`at_risk` is the sum by unit, '' where there is none; `examples` are those that are stuck longest."""

    count: int
    at_risk: Mapping[str, float]
    examples: Sequence[Case]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Cases to change, with the revision of each; `remaining` more are left for another request. `unfit` can't be
    moved so, for the state they are in; `changed` have changed since the preview, and are left as they are."""

    seen: Mapping[str, int]
    remaining: int
    unfit: int
    changed: int


def preview(connection: Connection, wanted: Wanted) -> Preview:
    """What would be changed."""
    chosen = _chosen(connection, wanted)
    sums = select(cases.c.unit, func.count(), func.sum(cases.c.at_risk)).where(*chosen).group_by(cases.c.unit)
    count, at_risk = 0, defaultdict[str, float](float)
    for unit, number, amount in connection.execute(sums):
        count += number
        if amount is not None:
            at_risk[unit or ""] += amount
    examples = queue.page(connection, wanted, "age", None, EXAMPLES)
    return Preview(count, at_risk, examples, encode(Fingerprint(wanted.now, _digest(wanted), count)))


def choose(connection: Connection, wanted: Wanted, fingerprint: str, move: Move) -> Chosen:
    """What was previewed, as far as it has not changed since. Raises `Changed`, or `BadParameters` where the
    fingerprint is of another filter."""
    seen = _decoded(fingerprint, wanted)
    unchanged = [*_chosen(connection, replace(wanted, now=seen.at)), cases.c.updated_at <= seen.at]
    number = connection.execute(select(func.count()).select_from(cases).where(*unchanged)).scalar_one()
    if number > seen.count:
        raise Changed
    possible = [*unchanged, cases.c.state.in_(move.possible_in)]
    fit = connection.execute(select(func.count()).select_from(cases).where(*possible)).scalar_one()
    first = select(cases.c.id, cases.c.revision).where(*possible).order_by(cases.c.since, cases.c.id).limit(AT_MOST)
    taken = {id_: revision for id_, revision in connection.execute(first)}
    return Chosen(taken, fit - len(taken), number - fit, seen.count - number)


def _chosen(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [cases.c.state.in_(wanted.states), *conditions(connection, wanted)]


def _digest(wanted: Wanted) -> str:
    meant = f"{wanted.filters.model_dump_json()} {wanted.me} {wanted.teams}"
    return hashlib.sha256(meant.encode()).hexdigest()[:16]


def _decoded(fingerprint: str, wanted: Wanted) -> Fingerprint:
    try:
        seen = decode(fingerprint, Fingerprint)
    except BadParameters as error:
        raise BadParameters([Fault("fingerprint", "is none (it comes with a preview)")]) from error
    if seen.filter != _digest(wanted):
        raise BadParameters([Fault("fingerprint", "is of the preview of another filter, or of somebody else's")])
    return seen
