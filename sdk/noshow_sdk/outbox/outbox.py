"""Events written in the transaction that they tell of: there if it commits, gone if it doesn't.

An event that is sent after the commit is lost with the process that dies in between, and then a step that was done is
reported as missing. Here it is a row until the server has stored it: see `relay`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, Text, insert
from sqlalchemy.orm import registry

from noshow_sdk.event import Event, compose


class Session(Protocol):
    """A session of the ORM: `Session`, `AsyncSession`, `scoped_session`."""

    def add(self, instance: object) -> None: ...


class Outbox:
    """One table among those of the service, to be made as they are: by `metadata.create_all`, by Alembic.

    A row that the server won't take stays, with the reason in `refused`. Set that to NULL to have it sent again.
    """

    def __init__(self, metadata: MetaData, name: str = "noshow_outbox") -> None:
        self.table = Table(
            name,
            metadata,
            Column("id", String(512), primary_key=True),
            Column("name", String(256), nullable=False),
            Column("time", BigInteger, nullable=False, comment="nanoseconds since the Unix epoch"),
            Column("correlation_id", String(512), nullable=False),
            Column("causation_id", String(512)),
            Column("trace_id", String(32), nullable=False),
            Column("span_id", String(16), nullable=False),
            Column("attributes", Text, nullable=False, comment="JSON"),
            Column("refused", Text, comment="why the server won't take it"),
        )
        self._row = type("OutboxRow", (), {})
        registry(metadata=metadata).map_imperatively(self._row, self.table)

    def emit(
        self,
        place: Connection | Session,
        name: str,
        attributes: Mapping[str, object] | None = None,
        /,
        *,
        correlation_id: str | None = None,
        event_id: str | None = None,
        occurred_at: datetime | None = None,
        **more: object,
    ) -> str:
        """Write the event in the transaction of this connection or session, and give its ID.

        With a session it is written by the next flush, so that `AsyncSession` needs no `await`. Attributes that can't
        be sent are left out. Raises what the database raises, and `NoEvent`: then the transaction must not commit.
        """
        event = compose(name, {**(attributes or {}), **more}, correlation_id, event_id, occurred_at).event
        if isinstance(place, Connection):
            place.execute(insert(self.table).values(_columns(event)))
        else:
            row = self._row()
            for column, value in _columns(event).items():
                setattr(row, column, value)
            place.add(row)
        return event.id


def _columns(event: Event) -> dict[str, object]:
    return {
        **event._asdict(),
        "trace_id": f"{event.trace_id:032x}",
        "span_id": f"{event.span_id:016x}",
        "attributes": json.dumps(event.attributes),
    }


def event_of(row: Mapping[str, Any]) -> Event:
    """The event that a row holds. Raises `ValueError` where somebody else wrote it, and it holds none."""
    attributes = json.loads(row["attributes"])
    if not isinstance(attributes, dict):
        raise ValueError("the attributes are no object")
    columns = {field: row[field] for field in Event._fields}
    numbers = {field: int(row[field], 16) for field in ("trace_id", "span_id")}
    return Event(**{**columns, **numbers, "attributes": attributes})
