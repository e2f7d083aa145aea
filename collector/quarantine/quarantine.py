"""What a request had that was refused, as rows of the quarantine: within bounds, and what is beyond them counted."""

import hashlib
from functools import partial
from threading import Lock
from typing import NamedTuple
from uuid import uuid4

from collector.acceptance import Acceptance
from collector.batch import Alone, Batch, Kept
from collector.errors import MalformedBody, Refused
from collector.quarantine.allowance import Allowance
from collector.quarantine.context import Context, written
from collector.quarantine.fault import fault_of
from collector.quarantine.tally import Tally
from collector.sender import Sender
from store.event import SECOND
from store.quarantine import COUNTED, Row, State
from store.settings import QuarantineSettings

OVERHEAD = 512  # bytes of a row beside those of the event: many small ones are not for nothing


class Provenance(NamedTuple):
    """By whom, and what a decoder has to know beside the bytes (`Context` as JSON)."""

    sender: str = ""
    context: str = ""


NOBODY = Provenance()


def provenance_of(sender: Sender, terms: Acceptance) -> Provenance:
    return Provenance(sender.name, written(Context.of(terms)))


def unreadable(error: MalformedBody, most: int) -> Batch:
    """A body in which nothing can be told apart, as one event that is refused; at most `most` bytes of it are kept."""
    batch = Batch()
    batch.refuse(0, Refused("", str(error)), partial(Alone.within, most, error.form, error.body))
    return batch


class Quarantine:
    """One for a process. May be shared among threads."""

    def __init__(self, settings: QuarantineSettings) -> None:
        self._keep = settings.keep
        self._allowance = Allowance(settings.per_minute)
        self._tally = Tally()
        self._process = uuid4().hex
        self._lock = Lock()

    def rows(self, batch: Batch, by: Provenance, now: int) -> list[Row]:
        """What the batch refused, each once, at `now` (µs UTC)."""
        if not batch.rejected:
            return []
        once = {kept.alone: kept for kept in batch.kept}
        rows = [self._kept(kept, by, now) for kept in once.values()]
        for rejection in batch.rejected[len(batch.kept) :]:
            rows.append(self._counted("", fault_of(rejection.field, rejection.reason), by, now))
        return list({row.id: row for row in rows}.values())

    def _kept(self, kept: Kept, by: Provenance, now: int) -> Row:
        alone, fault = kept.alone, fault_of(kept.field, kept.reason)
        with self._lock:  # for a row at a time: others have few, and must not wait for all of many
            has_room = self._allowance.take(alone.source, len(alone.data) + OVERHEAD, now)
        if not has_room:
            return self._counted(alone.source, fault, by, now)
        return Row(
            id=_digest(alone.form.encode(), alone.source.encode(), alone.data),
            version=now,
            state=State.WAITING,
            received_at=now,
            source=alone.source,
            sender=by.sender,
            form=alone.form,
            context=by.context,
            field=kept.field,
            reason=kept.reason,
            fault=fault,
            data=alone.data,
            size=len(alone.data),
            cut=alone.cut,
            number=1,
            state_by="",
            keep_until=(now + self._keep) // SECOND,
        )

    def _counted(self, source: str, fault: str, by: Provenance, now: int) -> Row:
        """The newest count of a minute takes the place of the one before."""
        with self._lock:
            counted = self._tally.add(source, fault, now)
        key = (self._process, counted.source, counted.fault, str(counted.minute))
        return Row(
            id=_digest(*(part.encode() for part in key)),
            version=now + counted.number,
            state=COUNTED,
            received_at=now,
            source=counted.source,
            sender=by.sender,
            form="",
            context="",
            field="",
            reason=counted.fault,
            fault=counted.fault,
            data=b"",
            size=0,
            cut=False,
            number=counted.number,
            state_by="",
            keep_until=(now + self._keep) // SECOND,
        )


def _digest(*parts: bytes) -> str:
    """32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()
