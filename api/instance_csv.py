"""Instances as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from api.verdicts import Verdict
from store.instant import rfc3339, rfc3339_or_none

COLUMNS = (
    *("workflow", "correlation_id", "state", "start", "waits_for", "due", "findings"),
    *("at_risk", "unit", "customer", "judged_at"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES = 200  # that are sent at once


def lines(verdicts: Iterator[Verdict]) -> Iterator[bytes]:
    """The names of the columns, then a line for each; in pieces."""
    yield _written([COLUMNS])
    while some := list(islice(verdicts, LINES)):
        yield _written([_row(verdict) for verdict in some])


def safe(text: str) -> str:
    """So that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(verdict: Verdict) -> tuple[str, ...]:
    instance = verdict.instance
    expected = [step for step in instance.steps if step.state in ("pending", "missing")]
    due = min((step.due for step in expected if step.due is not None), default=None)
    return (
        safe(instance.workflow),
        safe(instance.correlation_id),
        instance.state,
        rfc3339_or_none(instance.start) or "",
        safe("; ".join(step.name for step in expected)),
        rfc3339_or_none(due) or "",
        safe("; ".join(f"{step} {kind}".strip() for step, kind in instance.findings)),
        "" if verdict.at_risk is None else str(verdict.at_risk),
        safe(verdict.unit or ""),
        safe(verdict.customer or ""),
        rfc3339(verdict.judged_at),
    )


def _written(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
