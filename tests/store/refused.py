"""Rows of the quarantine."""

from typing import Any

from store.quarantine import Row, State

NOON = 1_763_640_000_000_000
LONG = 4_000_000_000  # seconds: nothing of these tests is ever too old by the engine's own clock


def row(id_: str, at: int = NOON, **more: Any) -> Row:
    told: dict[str, Any] = {
        "state": State.WAITING,
        "source": "shop",
        "sender": "shop-token",
        "form": "json",
        "context": "",
        "field": "time",
        "reason": f"lies {at} in the future",
        "fault": "time: lies … in the future",
        "data": b'{"name": "A"}',
        "cut": False,
        "number": 1,
        "state_by": "",
        "keep_until": LONG,
    }
    whole = {**told, **more}
    return Row(id=id_, version=at, received_at=at, size=len(whole["data"]), **whole)
