"""What each page of the dashboard costs the server, with ten million instances stored and fifty thousand cases open.

`python -m tests.bench pages --instances 10000000 --keep FOLDER`: what `FOLDER` has is not made anew.

One client asks for one page after the other, over a socket of this machine; what is measured is from the request to the
last byte. The first answers are told apart: those are what whoever comes first in the morning waits for.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from api.access.identity import Scope
from api.app import create_app
from reconcile.rulebook import Rulebook
from store.clickhouse import ClickHouse
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.bench.filling import LEFT, Made, fill, linked, opened
from tests.bench.history import END
from tests.bench.measure import apart, peak_megabytes, percentile
from tests.bench.queue_rows import fill as open_cases
from tests.rules.shop import FULFILMENT
from tests.web_server import client_of

_PER_EVENT = 0.3  # instances, as they are made

PAGES: Mapping[str, str] = {
    "board": "/",
    "board_by_owner": "/?owner=shipping",
    "board_by_risk": "/?sort=risk",
    "board_search": "/?q=A-00100",
    "bulk": "/bulk?owner=shipping",
    "order": "/orders/order-fulfilment/{id}",
    "orders": "/orders",
    "orders_incomplete": "/orders?state=incomplete",
    "search": "/search?q={id}",
    "search_nothing": "/search?q=nothing-at-all",
    "workflows": "/workflows?span=7d",
    "workflow": "/workflows/order-fulfilment?span=7d",
    "discrepancies": "/discrepancies",
    "silences": "/silences",
    "notifications": "/notifications",
    "quarantine": "/quarantine",
    "incidents": "/incidents",
    "audit": "/audit",
    "rules": "/rules",
    "sources": "/sources",
    "health": "/health",
    "api_instances": "/v1/instances?limit=50",
    "api_cases": "/v1/cases?state=open&limit=50",
}


class ElapsedClock:
    """Time goes on from where the history ends."""

    def __init__(self) -> None:
        self._began = time.monotonic_ns()

    def now(self) -> int:
        return END + (time.monotonic_ns() - self._began) // 1_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def run(instances: int = 10_000_000, cases: int = 50_000, times: int = 40, keep: str = "") -> dict[str, float]:
    """Each page is asked for so many `times`."""
    with tempfile.TemporaryDirectory(prefix="noshow-pages-") as folder:
        events = round(instances / _PER_EVENT)
        filled = Path(keep or folder) / str(events) / LEFT
        if not filled.exists():
            apart(fill, filled, Made(events))
        return apart(measure, filled, cases, times)


def measure(filled: Path, cases: int, times: int) -> dict[str, float]:
    """To be called in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="noshow-paging-", dir=filled.parent) as folder:
        clickhouse, database = opened(linked(filled, Path(folder) / "stores"))
        open_cases(database, cases)
        app = create_app(clickhouse, database, ElapsedClock(), rulebook=Rulebook(lambda: [FULFILMENT]))
        with serving(app) as address, client_of(address, headers=bearer(database, *Scope)) as http:
            figures = _counted(clickhouse, cases) | _asked(http, _some_order(clickhouse), times)
        clickhouse.close()
        database.close()
    return {**figures, "pages.peak_mb": peak_megabytes()}


def _asked(http: httpx.Client, order: str, times: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, path in PAGES.items():
        took = [_answered(http, path.replace("{id}", order)) for _ in range(times)]
        first, *others = took
        told = {"first": first, "median": percentile(others, 0.5), "p95": percentile(others, 0.95)}
        figures |= {f"pages.{name}.{what}_ms": it * 1_000 for what, it in told.items()}
    return figures


def _answered(http: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    answer = http.get(path)
    took = time.perf_counter() - began
    assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text[:200]}"
    return took


def _counted(clickhouse: ClickHouse, cases: int) -> dict[str, float]:
    [(instances,)] = clickhouse.query("SELECT count() FROM instances")
    return {"pages.instances": float(instances), "pages.cases": float(cases)}


def _some_order(clickhouse: ClickHouse) -> str:
    [(order,)] = clickhouse.query("SELECT correlation_id FROM instances WHERE state = 'complete' LIMIT 1")
    return str(order)
