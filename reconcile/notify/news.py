"""News: what owners are to be told, written down in the transaction of what it tells of. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection, Row, insert

from reconcile.cases.case import Case, Change, State
from store.matcher import LABEL, Facts
from store.tables import news

_FACTS = ("severity", "workflow", "step", "kind", "type", "correlation_id")


def add(connection: Connection, changes: Sequence[Change], now: int) -> None:
    """Write down the changes that have news, within the caller's transaction. A transition has news once."""
    rows = [_row(change, now) for change in changes if change.news is not None]
    if rows:
        connection.execute(insert(news), rows)


def facts(case: Case, type_: str = "") -> Facts:
    """What routes and silences can ask of a case; of several owners, its own."""
    return {
        "owner": case.owner,
        "severity": case.severity,
        "workflow": case.workflow,
        "step": case.step,
        "kind": case.kind,
        "type": type_,
        "correlation_id": case.correlation_id,
        **_labels(case.about.labels),
    }


def facts_of(row: Row[Any], owner: str) -> Facts:
    """The same of a row of `news`, for one of its owners."""
    return {
        "owner": owner,
        **{name: getattr(row, name) for name in _FACTS},
        **_labels(msgspec.json.decode(row.labels)),
    }


def snapshot(text: str) -> Case:
    """The case as it was when it was written down."""
    return msgspec.json.decode(text, type=Case)


class OfStep(Protocol):
    """What news tells that no case has: of one step of an instance. It is a `msgspec.Struct`."""

    @property
    def workflow(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...


def row_of_step(it: OfStep, kind: str, now: int) -> dict[str, object]:
    """What a row of news has of it; whose subject, transition and type it is the caller knows."""
    return {
        "at": now,
        "owners": msgspec.json.encode([it.owner]).decode(),
        "workflow": it.workflow,
        "correlation_id": it.correlation_id,
        "step": it.step,
        "kind": kind,
        "severity": it.severity,
        "labels": msgspec.json.encode(it.labels).decode(),
        "open": True,
        "snapshot": msgspec.json.encode(it).decode(),
    }


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {LABEL + name: value for name, value in labels.items()}


def _row(change: Change, now: int) -> dict[str, object]:
    case = change.case
    return {
        "subject": case.id,
        "transition": case.transition,
        "type": change.news,
        "at": now,
        "owners": msgspec.json.encode(change.owners).decode(),
        "workflow": case.workflow,
        "correlation_id": case.correlation_id,
        "step": case.step,
        "kind": case.kind,
        "severity": case.severity,
        "labels": msgspec.json.encode(case.about.labels).decode(),
        "at_risk": case.about.at_risk,
        "unit": case.about.unit,
        "open": case.state is not State.RESOLVED,
        "snapshot": msgspec.json.encode(case).decode(),
    }
