"""How long it takes from what is wrong to whoever is told.

It is computed from what is stored, so that a restart loses nothing and any number of processes add up. Spans are in µs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Select, func, select

from store.event import DAY, HOUR
from store.tables import detections, message_attempts, message_subjects, messages

PERCENTILES = (50, 95, 99)

Window = Literal["1h", "24h"]
WINDOWS: Mapping[Window, int] = {"1h": HOUR, "24h": DAY}


class Leg(StrEnum):
    """From one instant to the next, in the order of the way."""

    FOUND = "found"  # from when a finding could have been found, until it was written
    ENTERED = "entered"  # until its case knew of it
    WORDED = "worded"  # until there was a message, the wait that the route asks for included
    SENT = "sent"  # until the first attempt to send it
    WHOLE = "whole"  # all of that


@dataclass(frozen=True, slots=True)
class Took:
    """How many spans there were, and their percentiles; µs."""

    count: int
    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Of what was entered within a span of time. `legs` has no leg that nothing went. What was found late for good
    reason is not in them, but in `left_out`, by that reason."""

    legs: Mapping[Leg, Took]
    left_out: Mapping[str, int]


class Way(NamedTuple):
    """Of one finding: the instants (µs UTC) at which each leg ended. Those of messages are `None` where there was
    none."""

    workflow: str
    delayed_by: str
    apparent_at: int
    found_at: int
    entered_at: int
    worded_at: int | None
    sent_at: int | None


def ways(connection: Connection, since: int) -> list[Way]:
    """Of all findings that were entered `since` (µs UTC) or later."""
    told = {(subject, transition): at for subject, transition, *at in map(tuple, connection.execute(_sent(since)))}
    found = select(
        detections.c.workflow,
        detections.c.delayed_by,
        detections.c.apparent_at,
        detections.c.found_at,
        detections.c.entered_at,
        detections.c.subject,
        detections.c.transition,
    ).where(detections.c.entered_at >= since)
    nothing = (None, None)
    return [Way(*row[:5], *told.get((row[5], row[6]), nothing)) for row in connection.execute(found)]


def by_workflow(found: Sequence[Way]) -> Mapping[str, Latency]:
    """In the order of their names; all together under ''."""
    sorted_out: defaultdict[str, list[Way]] = defaultdict(list)
    for way in found:
        sorted_out[way.workflow].append(way)
    return {"": latency(found), **{workflow: latency(sorted_out[workflow]) for workflow in sorted(sorted_out)}}


def latency(found: Sequence[Way]) -> Latency:
    spans: defaultdict[Leg, list[int]] = defaultdict(list)
    for way in found:
        if not way.delayed_by:
            for leg, length in _legs(way):
                spans[leg].append(max(0, length))  # two clocks never agree to the last
    legs = {leg: took(spans[leg]) for leg in Leg if leg in spans}
    return Latency(legs, Counter(way.delayed_by for way in found if way.delayed_by))


def took(spans: list[int]) -> Took:
    """The percentile is the least span that so many of a hundred do not exceed."""
    in_order = sorted(spans)
    return Took(len(in_order), *(in_order[-(-len(in_order) * it // 100) - 1] for it in PERCENTILES))


def _legs(way: Way) -> Iterator[tuple[Leg, int]]:
    yield Leg.FOUND, way.found_at - way.apparent_at
    yield Leg.ENTERED, way.entered_at - way.found_at
    if way.worded_at is not None and way.sent_at is not None:
        yield Leg.WORDED, way.worded_at - way.entered_at
        yield Leg.SENT, way.sent_at - way.worded_at
        yield Leg.WHOLE, way.sent_at - way.apparent_at


def _sent(since: int) -> Select[tuple[str, int, int, int]]:
    """Of each transition of a case, when the first message told it, and when that was first tried to be sent."""
    subject, transition = message_subjects.c.subject, message_subjects.c.transition
    return (
        select(subject, transition, func.min(messages.c.created_at), func.min(message_attempts.c.at))
        .join(messages, messages.c.id == message_subjects.c.message_id)
        .join(message_attempts, message_attempts.c.message_id == messages.c.id)
        .where(messages.c.created_at >= since, message_attempts.c.number == 1)
        .group_by(subject, transition)
    )
