"""Schemathesis asks the whole server whatever its OpenAPI document allows, and what it does not: no answer is a fault
of ours, and none is another than the document says.

`make fuzz` asks more.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.result import Ok

from api.access.identity import Scope
from noshow.connection import MOST_HEAD
from noshow.stores import Stores
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import load
from tests.api.access.bearer import bearer
from tests.api.shop import Shop, arrived_late, cancelled, running, unpaid, unshipped
from tests.conftest import NOON
from tests.noshow.whole import Whole, whole
from tests.store.clock import ManualClock
from tests.store.refused import row

CASES = int(os.environ.get("NOSHOW_FUZZ_CASES", "6"))  # of each kind, for each route

# What the document can't describe, such as cursors and fingerprints, may be refused though it looks right.
UNCHECKED = ("positive_data_acceptance",)

# As it gets into an address: a filter that is left blank is left out, as forms send it; whatever is no text becomes it.
BLANK: tuple[object, ...] = ("", None, [], [""], {})

ROUTES = {"workflow": "order-fulfilment", "correlation_id": "A", "step": "PaymentReceived", "name": "default"}


@pytest.fixture
def server(clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Whole]:
    Shop(clickhouse, database).add(unpaid("A"), unshipped("B"), arrived_late("C"), running("D"), cancelled("E"))
    quarantine.write(clickhouse, [row("a", NOON)])
    given = {"data": str(tmp_path), "access.anonymous": "never", "access.rate": 1_000_000}
    with whole(Stores(clickhouse, database, None), load({}, overrides=given), clock) as running_:
        yield running_


@pytest.fixture
def headers(database: Database) -> dict[str, str]:
    return bearer(database, *Scope, name="fuzz")


@pytest.fixture
def known(server: Whole, headers: dict[str, str]) -> dict[str, str]:
    """The id of something that is there, by the beginning of the path that it stands in."""
    with httpx.Client(base_url=server.url, headers=headers) as http:
        case = http.get("/v1/cases").json()["items"][0]["id"]
        silence = {"matchers": ["owner=payments"], "ends_at": "2026-01-01", "reason": "fuzz"}
        silenced = http.post("/v1/silences", json=silence).json()["id"]
    return {"/v1/cases": case, "/v1/silences": silenced, "/v1/quarantine": "a"}


def asked(strategy: SearchStrategy[Case[Any]], ask: Any) -> None:
    """The same every time."""
    quiet = settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with suppress(Unsatisfiable):  # where there is nothing to get wrong
        quiet(given(strategy)(ask))()


def test_no_answer_is_a_fault_or_another_than_is_described(
    server: Whole, headers: dict[str, str], known: dict[str, str]
) -> None:
    load_all_checks()
    unchecked: Any = [CHECKS.get_one(name) for name in UNCHECKED]
    document = httpx.get(f"{server.url}/v1/openapi.json", headers=headers).json()
    wrong: dict[tuple[str, str], str] = {}
    statuses: set[int] = set()

    def ask(case: Case[Any]) -> None:
        if len(case.as_curl_command()) > MOST_HEAD:
            return  # it does not get as far as a route
        try:
            asks: Any = {"base_url": server.url, "headers": headers, "timeout": 60}
            statuses.add(case.call_and_validate(excluded_checks=unchecked, **asks).status_code)
        except BaseExceptionGroup as group:
            for failure in group.exceptions:
                if isinstance(failure, AcceptedNegativeData) and any(
                    it in BLANK or isinstance(it, list | dict) for it in (case.query or {}).values()
                ):
                    continue
                shown = f"{failure}\n{case.as_curl_command()[:2000]}"
                wrong.setdefault((case.operation.label, type(failure).__name__), shown)

    def ask_of_what_is_there(case: Case[Any]) -> None:
        place = next((id_ for path, id_ in known.items() if case.operation.path.startswith(path)), "none")
        case.path_parameters.update({name: ROUTES.get(name, place) for name in case.path_parameters})
        ask(case)

    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in GenerationMode:
            asked(operation.as_strategy(generation_mode=mode), ask)
        if "{" in operation.path:
            asked(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), ask_of_what_is_there)
    assert statuses >= {200, 201, 400, 404, 409}, "it got as far as what there is"
    assert 429 not in statuses
    assert not wrong, "\n\n".join(f"{label} {kind}: {what}" for (label, kind), what in wrong.items())
