"""A message of a group: one JSON object in the form of Standard Webhooks.

`{"type": "case.opened", "timestamp": RFC 3339, "data": {…}}`; docs/notifications.md shows every type.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from reconcile.cases.case import News
from reconcile.notify import case_data, digest, discrepancy_data, silent_data, step_data
from reconcile.notify.discrepant import Differs
from reconcile.notify.due_soon import Warned
from reconcile.notify.item import OF_INCIDENTS, Item
from reconcile.notify.unheard import Silent
from store.instant import rfc3339

CHANGED = "cases.changed"  # several cases at once
STORM = "cases.storm"  # more new ones at once than anybody wants to read
REMINDER = "case.reminder"  # nothing new, and it is still unresolved
REMINDERS = "cases.reminder"

EXAMPLES = 5  # the first ones, that are told where there are too many


@dataclass(frozen=True, slots=True)
class Group:
    """Whose message it is: the `number`-th of this group."""

    id: str
    route: str
    receiver: str
    labels: Mapping[str, str]
    number: int
    storm_cap: int


@dataclass(frozen=True, slots=True)
class Message:
    type: str
    payload: str


def compose(group: Group, items: Sequence[Item], public_url: str, now: int) -> Message:
    """What there is to tell at `now` (µs UTC): at least one item, all of them repeated or none."""
    type_ = _type(group, items)
    about = _one(items[0], public_url, now) if len(items) == 1 else _several(group, items, public_url, now)
    body = {"type": type_, "timestamp": rfc3339(now), "data": {**about, "group": _group(group)}}
    return Message(type_, msgspec.json.encode(body).decode())


def _type(group: Group, items: Sequence[Item]) -> str:
    first = items[0]
    if len(items) == 1:
        return REMINDER if first.repeated else first.type
    if first.repeated:
        return REMINDERS
    return STORM if sum(item.new for item in items) > group.storm_cap else CHANGED


def _one(item: Item, public_url: str, now: int) -> dict[str, object]:
    if item.type is News.DUE_SOON:
        return step_data.data(msgspec.json.decode(item.snapshot, type=Warned), public_url, now)
    if item.type is News.DISCREPANCY:
        return discrepancy_data.data(msgspec.json.decode(item.snapshot, type=Differs), public_url)
    if item.type in OF_INCIDENTS:
        return silent_data.data(msgspec.json.decode(item.snapshot, type=Silent), item.type, public_url)
    return case_data.data(item.change, public_url, now)


def _several(group: Group, items: Sequence[Item], public_url: str, now: int) -> dict[str, object]:
    told = items if len(items) <= group.storm_cap else items[:EXAMPLES]
    shown = [{"type": _type(group, [item]), **_one(item, public_url, now)} for item in told]
    nouns = {str(it["noun"]) for it in shown}
    return {
        "title": digest.title(items, nouns.pop() if len(nouns) == 1 else "case"),
        "text": digest.text(items),
        "count": len(items),
        "counts": digest.counts(items),
        **{name: digest.common(items, of) for name, of in _SHARED.items()},
        "at_risk": _at_risk(digest.sums(item for item in items if item.type is not News.RESOLVED)),
        "causes": [_cause(cause) for cause in digest.causes(items)],
        "items": shown,
        "omitted": len(items) - len(shown),
        "url": _list(group, items, public_url),
    }


_SHARED: Mapping[str, Callable[[Item], str]] = {
    "workflow": lambda item: item.workflow,
    "step": lambda item: item.step,
    "kind": lambda item: item.kind,
}


def _cause(cause: digest.Cause) -> dict[str, object]:
    return {
        "workflow": cause.workflow,
        "step": cause.step or None,
        "kind": cause.kind,
        "count": cause.count,
        "at_risk": _at_risk(cause.at_risk),
    }


def _at_risk(sums: Mapping[str, float]) -> list[dict[str, object]]:
    return [{"value": value, "unit": unit or None} for unit, value in sums.items()]


def _group(group: Group) -> dict[str, object]:
    return {
        "id": group.id,
        "number": group.number,
        "route": group.route,
        "receiver": group.receiver,
        "labels": group.labels,
    }


def _list(group: Group, items: Sequence[Item], public_url: str) -> str:
    """The queue, narrowed to what they have in common."""
    shared = {name: digest.common(items, of) for name, of in _SHARED.items()}
    filters = {"owner": group.labels.get("owner"), **shared}
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"{public_url.rstrip('/')}/" + (f"?{query}" if query else "")
