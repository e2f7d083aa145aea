"""The JSON of an instance: one shape for `noshow check --format jsonl` and for the REST interface."""

from collections.abc import Iterable

from store.instant import rfc3339_or_none

Step = tuple[str, str, int | None, int | None]
"""Name, state, at, due; times in µs UTC."""


def instance_json(
    workflow: tuple[str, int],
    correlation_id: str,
    status: tuple[str, int | None],
    steps: Iterable[Step],
    findings: Iterable[tuple[str, str]],
) -> dict[str, object]:
    """`workflow`: name and rule version; `status`: state and start (µs UTC); `findings`: (step, kind), the open ones.

    Times are RFC 3339 in UTC with `Z`, null where there is none.
    """
    name, version = workflow
    state, start = status
    return {
        "workflow": name,
        "version": version,
        "correlation_id": correlation_id,
        "state": state,
        "start": rfc3339_or_none(start),
        "steps": {
            step: {"state": it, "at": rfc3339_or_none(at), "due": rfc3339_or_none(due)} for step, it, at, due in steps
        },
        "findings": [{"step": step, "kind": kind} for step, kind in findings],
    }
