"""Rows of what Noshow knows of its own speed, as evaluators, reconcilers and senders write them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from rules.evaluate.evaluator import Standing, Tick
from rules.evaluate.records import Written
from rules.evaluate.report import Reporter
from rules.evaluate.work import Work
from store.database import Database
from store.event import MINUTE, SECOND
from store.spending import Spent
from store.tables import detections, groups, message_attempts, message_subjects, messages

LAG_AT_MOST = 30 * SECOND
A_SECOND = Spent(took=SECOND)


@dataclass(frozen=True)
class Found:
    """A finding, by how long each leg took, in µs; `told` is whether a message was sent."""

    entered_at: int
    found: int = SECOND
    entered: int = SECOND
    worded: int = SECOND
    sent: int = SECOND
    workflow: str = "orders"
    delayed_by: str = ""
    told: bool = True


def put_found(database: Database, rows: Sequence[Found]) -> None:
    """Each in a case of its own."""
    with database.begin() as connection:
        group = {"id": "g", "route": "r", "receiver": "hook", "labels": "{}", "number": 0}
        timing = {"group_wait": 0, "group_interval": 0, "repeat_interval": 0, "storm_cap": 0}
        connection.execute(insert(groups).values(**group, **timing))
        connection.execute(insert(detections), [_detection(number, it) for number, it in enumerate(rows)])
        told = [(number, it) for number, it in enumerate(rows) if it.told]
        if told:
            connection.execute(insert(messages), [_message(number, it) for number, it in told])
            connection.execute(insert(message_subjects), [_subject(number) for number, _ in told])
            connection.execute(insert(message_attempts), [_attempt(number, it) for number, it in told])


def put_standing(database: Database, standing: Standing, now: int, spent: Spent = A_SECOND) -> None:
    """As an evaluator tells it after a tick that did nothing but judge."""
    reporter = Reporter(database, "judge-1:4711", LAG_AT_MOST)
    reporter.add(Tick(now, 7, Written(), False, standing, {Work.JUDGE: spent}), spent, now - MINUTE)
    reporter.add(Tick(now, 7, Written(), False, standing, {Work.JUDGE: spent}), spent, now)


def _detection(number: int, it: Found) -> dict[str, object]:
    return {
        "workflow": it.workflow,
        "correlation_id": f"A-{number}",
        "step": "Paid",
        "kind": "missing",
        "detected_at": it.entered_at - it.entered,
        "apparent_at": it.entered_at - it.entered - it.found,
        "found_at": it.entered_at - it.entered,
        "entered_at": it.entered_at,
        "delayed_by": it.delayed_by,
        "subject": f"case-{number}",
        "transition": 1,
    }


def _message(number: int, it: Found) -> dict[str, object]:
    return {
        **{"id": f"msg-{number}", "group_id": "g", "number": number, "receiver": "hook", "type": "case.opened"},
        **{"subjects": 1, "payload": "{}", "state": "delivered", "attempts": 1, "attempts_before": 0},
        **{"next_attempt_at": 0, "created_at": it.entered_at + it.worded, "last_error": ""},
    }


def _subject(number: int) -> dict[str, object]:
    told = {"subject": f"case-{number}", "transition": 1, "receiver": "hook", "ordinal": 1}
    return {"message_id": f"msg-{number}", **told}


def _attempt(number: int, it: Found) -> dict[str, object]:
    at = it.entered_at + it.worded + it.sent
    return {"message_id": f"msg-{number}", "number": 1, "at": at, "took": 5, "status": 204, "error": ""}
