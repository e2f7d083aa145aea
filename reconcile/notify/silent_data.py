"""What a message says of something that fell silent. Every time is RFC 3339 in UTC or null."""

from collections.abc import Iterator

from reconcile.cases.case import News
from reconcile.notify.digest import plural
from reconcile.notify.unheard import Silent
from reconcile.notify.wording import rounded
from rules.spec import UNNAMED
from store.event import SECOND
from store.incidents import Because
from store.instant import rfc3339, rfc3339_or_none

_FLAGGED = "What was held for it is judged, and flags say what is lacking."
_SOON = "What was held for it is judged as soon as its backlog is in."


def data(it: Silent, type_: News, public_url: str) -> dict[str, object]:
    """For people (`title`, `text`) and for machines."""
    return {
        "incident": it.id,
        "kind": it.kind,
        "title": _title(it, type_),
        "text": " ".join(_sentences(it, type_)),
        "subject": it.subject,
        "names": it.names,
        "since": rfc3339(it.since),
        "expected": it.expected,
        "percent": it.percent,
        "until": rfc3339(it.until),
        "let_go_at": rfc3339_or_none(it.let_go_at),
        "ended_at": rfc3339_or_none(it.ended_at),
        "because": it.because or None,
        "by": it.by or None,
        "reason": it.reason or None,
        "held": it.held,
        "steps": it.steps,
        "severity": it.severity,
        "labels": it.labels,
        "url": f"{public_url.rstrip('/')}/incidents",
    }


def _title(it: Silent, type_: News) -> str:
    silent = f"{it.subject} {it.how} since {_instant(it.since)}"
    match type_:
        case News.BACK:
            again = "as usual" if it.percent else "heard"
            return f"{it.subject} {again} again after {rounded(max((it.ended_at or 0) - it.since, SECOND))}"
        case News.LET_GO:
            return f"{silent}: judging goes on without it"
        case _:
            return silent


def _sentences(it: Silent, type_: News) -> Iterator[str]:
    match type_:
        case News.BACK:
            if it.let_go_at is None:
                yield _SOON
        case News.LET_GO:
            yield f"{_who(it)} {_FLAGGED}"
        case _:
            yield f"{it.expected[:1].upper()}{it.expected[1:]}."
            yield from _held(it)
    if it.held and it.steps:
        noun = it.noun or UNNAMED
        yield f"{it.held:,} {noun if it.held == 1 else plural(noun)} waited for it."


def _who(it: Silent) -> str:
    if it.because == Because.DISMISSED:
        return f"{it.by} ended the waiting: {it.reason.rstrip('.')}."
    return "It was waited for as long as it may be."


def _held(it: Silent) -> Iterator[str]:
    if not it.steps:
        yield "No step in force waits for it."
        return
    steps = "; ".join(f"{', '.join(names)} of {workflow}" for workflow, names in it.steps.items())
    yield f"Until {_instant(it.until)} at most, nothing is missing for want of it: {steps}."


def _instant(micros: int) -> str:
    return rfc3339(micros - micros % SECOND).replace("T", " ").replace("Z", " UTC")
