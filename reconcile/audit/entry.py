"""An entry of the audit trail, born in the transaction of what it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection, insert

from reconcile.actor import Actor
from store.tables import audit
from store.uuid7 import uuid7

Detail = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened (`case.resolved`, `action.called`…), by whom, why, and to what.

    `detail` is anything that JSON can hold: `before` and `after`, and more. It holds no payload of an event, only its
    id. `external`: the references of others that were known then, such as `charge_id`. `causation_id`: the entry, event
    or message that led to it.
    """

    what: str
    actor: Actor
    why: str = ""
    workflow: str = ""
    correlation_id: str = ""
    case_id: str = ""
    step: str = ""
    customer: str = ""
    causation_id: str = ""
    external: Mapping[str, str] = field(default_factory=dict)
    detail: Detail = field(default_factory=dict)


def record(connection: Connection, entries: Sequence[Entry], now: int) -> list[str]:
    """Write them, within the caller's transaction; their ids, which sort as the entries do. `now` in µs UTC."""
    ids = sorted(str(uuid7(now)) for _ in entries)
    if ids:
        connection.execute(insert(audit), [_row(*it, now) for it in zip(ids, entries, strict=True)])
    return ids


def _row(id_: str, entry: Entry, now: int) -> dict[str, object]:
    return {
        "id": id_,
        "at": now,
        "actor_kind": entry.actor.kind,
        "actor": entry.actor.name,
        "what": entry.what,
        "why": entry.why,
        "workflow": entry.workflow,
        "correlation_id": entry.correlation_id,
        "case_id": entry.case_id,
        "step": entry.step,
        "customer": entry.customer,
        "causation_id": entry.causation_id,
        "external": msgspec.json.encode(entry.external, order="sorted").decode(),
        "detail": msgspec.json.encode(entry.detail, order="sorted").decode(),
    }
