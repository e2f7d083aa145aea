"""Requests that are read by way of a request for logs: what is refused of that is told of the places it came from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from collector.batch import Alone, Batch, Kept
from collector.errors import Refused


@dataclass(frozen=True, slots=True)
class Bad:
    """What could not be made a log record: its place in the body, why, and by itself, unless it was not kept."""

    index: int
    refused: Refused
    alone: Callable[[], Alone] | None


def _none(_refused: Refused) -> bool:
    return False


def put_back(
    batch: Batch, places: Sequence[int], bad: Iterable[Bad] = (), ordinary: Callable[[Refused], bool] = _none
) -> Batch:
    """The batch of a request that has the records of `places`, as one of the body that they and the bad ones are from.

    What was refused for something that makes it `ordinary` telemetry is counted as such.
    """
    told = Batch(batch.events, ignored=batch.ignored)
    for one in sorted([*_refused(batch, places), *bad], key=lambda one: one.index):
        if ordinary(one.refused):
            told.ignored += 1
        else:
            told.refuse(one.index, one.refused, one.alone)
    return told


def _refused(batch: Batch, places: Sequence[int]) -> Iterator[Bad]:
    for rejection, kept in zip_longest(batch.rejected, batch.kept):
        refused = Refused(rejection.field, rejection.reason)
        yield Bad(places[rejection.index], refused, None if kept is None else partial(_alone, kept))


def _alone(kept: Kept) -> Alone:
    return kept.alone
