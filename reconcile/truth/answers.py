"""What an answer of the source leads to: its row, the testimony and the entry of the audit trail, or nothing at all."""

from collections.abc import Mapping

from sqlalchemy import Connection

from reconcile.actor import TRUTH
from reconcile.audit.entry import Entry, record
from reconcile.truth import lookups
from reconcile.truth.lookups import Claim, State, Trigger
from reconcile.truth.source import Answer, Outcome
from reconcile.truth.testimony import Testimony, Word, last_words, say
from store.database import Database

_NO_TIME = "the source gave no time, so it counts as of when it was asked"


def take(database: Database, claim: Claim, answer: Answer, again: int, now: int) -> bool:
    """Write it all down in one transaction; false, and nothing is written, where the claim has run out.

    `again` is when what stays unknown is asked next; both instants in µs UTC.
    """
    with database.begin() as connection:
        if not lookups.record(connection, claim, _row(answer, now, again)):
            return False
        _tell(connection, claim, answer, now)
    return True


def _row(answer: Answer, now: int, again: int) -> Mapping[str, object]:
    known = {"outcome": answer.outcome, "status": answer.status, "note": answer.note, "last_at": now}
    if answer.outcome is Outcome.UNKNOWN:
        return {**known, "trigger": Trigger.SCHEDULE, "next_at": again}
    return {**known, "state": State.ANSWERED, "attempts": 0}


def _tell(connection: Connection, claim: Claim, answer: Answer, now: int) -> None:
    if answer.outcome is Outcome.UNKNOWN:
        # What is asked a hundred times and answered alike is one piece of news.
        if (claim.outcome, claim.note) != (answer.outcome, answer.note):
            record(connection, [_entry(claim, answer)], now)
        return
    word = Word(answer.outcome.value)
    [entry] = record(connection, [_entry(claim, answer)], now)
    last = last_words(connection, [claim.wanted.correlation_id]).get(_subject(claim))
    if last is None or last.word is not word:
        say(connection, [_testimony(claim, answer, word, now)], entry, now)


def _subject(claim: Claim) -> tuple[str, str, str]:
    return claim.wanted.workflow, claim.wanted.correlation_id, claim.wanted.step


def _testimony(claim: Claim, answer: Answer, word: Word, now: int) -> Testimony:
    """Confirmed as of when the source says that it happened: what came after is then judged as if the event had not
    been lost. Never later than now, or a source whose clock is ahead would be heard only then. Without a time as of
    now: all that is known is that it has happened by now, and whoever is next gets the whole of their time."""
    reason = f"asked at the source: {answer.note}"
    if word is Word.CONFIRMED and answer.time is None:
        reason += f"; {_NO_TIME}"
    time = now if answer.time is None else max(0, min(answer.time, now))
    return Testimony(*_subject(claim), word, time, TRUTH, reason, f"truth/{claim.total}")


def _entry(claim: Claim, answer: Answer) -> Entry:
    return Entry(
        f"truth.{answer.outcome}",
        TRUTH,
        why=answer.note,
        workflow=claim.wanted.workflow,
        correlation_id=claim.wanted.correlation_id,
        case_id=claim.wanted.case_id,
        step=claim.wanted.step,
        customer=claim.customer,
        external=answer.external,
        detail={"status": answer.status, "request": answer.shown, "attempt": claim.total},
    )
