"""What has fallen silent, or to a part of what is usual: of streams that are part of each other, the one that says it
best, and those of one source together."""

from collections.abc import Iterable
from itertools import groupby

from rules.evaluate.silence.known import Known
from rules.evaluate.silence.returns import SUSPECT
from rules.evaluate.silence.senders import EVERYTHING, Senders
from rules.evaluate.silence.window import SPANS
from store.event import MINUTE
from store.incidents import ANY, Incident, Stream

_SETTLED = 2 * max(SPANS) * MINUTE  # after which an incident is no reason any more for others to be scarce
_MOST_TOLD = 3


def silent(known: Known, open_: Iterable[Incident], now: int) -> list[tuple[Stream, ...]]:
    """What an incident has to begin for, of streams together where they are of one source."""
    taken = [stream for it in open_ for stream in it.streams]
    found = {it for it in known.usual if known.is_silent(it, now)}
    told = [
        it
        for it in sorted(found)
        if not any(it == other or known.senders.is_within(it, other) for other in (*taken, *found - {it}))
        and not any(_may_be_silent(known, broader, now) for broader in known.senders.broader(it))
    ]
    return _by_source(known.senders, told)


def scarce(known: Known, open_: Iterable[Incident], now: int) -> list[tuple[Stream, ...]]:
    """The same of those that have fallen to a part, where no incident tells why."""
    recent = [stream for it in open_ if now - it.since < _SETTLED for stream in it.streams]
    found = {it for it in known.flows if known.is_scarce(it)}
    found = {it for it in found if not any(known.senders.have_common(it, other) for other in recent)}
    few = {it for it in found if _is_of_few(known, it, found)}
    told = [
        it
        for it in sorted(found - few)
        if not any(known.senders.is_within(it, other) for other in found - few)
        and not any(known.may_become_scarce(broader) for broader in known.senders.broader(it) if broader not in few)
    ]
    return _by_source(known.senders, told)


def subject(senders: Senders, streams: tuple[Stream, ...]) -> str:
    """`everything`, `payments`, `PaymentReceived` or `PaymentReceived of payments`."""
    if streams[0] == EVERYTHING:
        return "everything"
    if streams[0].name == ANY:
        return streams[0].source
    names = [it.name for it in streams]
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    source = next((it.source for it in streams if it.source != ANY), None)
    return f"{', '.join(names[:_MOST_TOLD])}{more}{f' of {source}' if source else ''}"


def _may_be_silent(known: Known, broader: Stream, now: int) -> bool:
    """It is not known yet whether this is silent as a whole."""
    return broader in known.usual and known.gap(broader, now) > SUSPECT


def _is_of_few(known: Known, stream: Stream, found: set[Stream]) -> bool:
    """Half of its parts or fewer are scarce, or seem to become so, and tell it better."""
    parts = [it for it in known.flows if known.senders.is_within(it, stream)]
    nearest = [it for it in parts if not any(known.senders.is_within(it, other) for other in parts)]
    fallen = [it for it in nearest if it in found or known.may_become_scarce(it)]
    return 0 < 2 * len(fallen) <= len(nearest)


def _by_source(senders: Senders, told: list[Stream]) -> list[tuple[Stream, ...]]:
    def source(stream: Stream) -> tuple[str, str]:
        """Those that are not of one source alone are not brought together."""
        only = senders.source_of(stream)
        return (only, "") if only is not None and stream.name != ANY else (stream.source, stream.name)

    return [tuple(group) for _, group in groupby(sorted(told, key=source), source)]
