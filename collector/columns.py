"""What `acceptance` asks of single values, asked of whole columns at once: quickly, where all are as most are."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from collector.acceptance import (
    NOTHING,
    SURELY_SHORT,
    Acceptance,
    check_correlation_id,
    check_text,
    content_id,
)
from store.event import Event, EventColumns

_IDENTIFY_NOTHING = NOTHING | {""}

TOGETHER = 256  # events that are read at once

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class Odd(Exception):
    """Something is not as most are: it may be good all the same."""


def pieces(items: Iterable[T]) -> Iterator[list[T]]:
    """So that one odd event makes few others be looked at twice."""
    iterator = iter(items)
    while piece := list(islice(iterator, TOGETHER)):
        yield piece


def correlation_ids(texts: Sequence[str]) -> list[str]:
    """Raises `Odd` or `Refused`."""
    if not _plain(texts):
        return list(map(check_correlation_id, texts))
    if not _IDENTIFY_NOTHING.isdisjoint(map(str.lower, map(str.strip, texts))):
        raise Odd
    return list(texts)


def checked(field: str, texts: Sequence[str]) -> list[str]:
    """Of a field that may be empty. Raises `Refused`."""
    return list(texts) if _plain(texts) else [check_text(field, text) for text in texts]


def distinct(given: Sequence[H], check: Callable[[H], str]) -> list[str]:
    """What the check makes of each, where a few are all that there are."""
    found = {value: check(value) for value in set(given)}
    return [found[value] for value in given]


def check_times(times: Sequence[int], terms: Acceptance) -> None:
    """Raises `Refused` where any is out of bounds."""
    terms.check_time(min(times))
    terms.check_time(max(times))


def identified(events: EventColumns, times_ns: Iterable[int]) -> EventColumns:
    """The same, with ids made of their content for those that have none."""
    if "" in events.id:
        events.id = [event.id or _id_of(event, time_ns) for event, time_ns in zip(events, times_ns, strict=True)]
    return events


def _plain(texts: Sequence[str]) -> bool:
    """Whether all are short and printable, so that nothing else has to be asked of them."""
    return max(map(len, texts)) <= SURELY_SHORT and "".join(texts).isprintable()


def _id_of(event: Event, time_ns: int) -> str:
    return content_id(event.source, event.name, time_ns, event.correlation_id, event.attributes)
