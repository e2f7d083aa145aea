"""`noshow orders` as a process, against a server."""

import json
from collections.abc import Iterator

import pytest

from api.access.identity import Scope
from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.api.shop import Shop, running, unpaid, unshipped
from tests.noshow.command import Result, noshow
from tests.store.clock import ManualClock


class Terminal:
    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def __call__(self, *arguments: str) -> Result:
        return noshow("orders", *arguments, "--url", self._url, environ={"NOSHOW_TOKEN": self._token})


@pytest.fixture
def terminal(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[Terminal]:
    Shop(clickhouse, database).add(unpaid("A-1"), unshipped("A-2"), running("B/ü"))
    with serving(create_app(clickhouse, database, clock)) as url:
        yield Terminal(url, issued(database, Scope.READ, name="anna"))


def test_they_are_listed_flagged_or_not(terminal: Terminal) -> None:
    head, *rows = terminal("list").out.splitlines()
    assert head.split()[:4] == ["ORDER", "WORKFLOW", "STATE", "BEGAN"]
    assert {row.split()[0]: row.split()[2] for row in rows} == {
        "A-1": "incomplete",
        "A-2": "incomplete",
        "B/ü": "running",
    }
    assert "PaymentReceived missing" in next(row for row in rows if row.startswith("A-1"))
    [told] = map(json.loads, terminal("list", "--state", "running", "--format", "jsonl").out.splitlines())
    assert told["correlation_id"] == "B/ü"
    assert terminal("list", "--q", "A-", "--limit", "1").out.count("A-") == 1
    assert terminal("list", "--workflow", "none").out == "none\n"


def test_one_is_shown_with_its_steps_and_events(terminal: Terminal) -> None:
    out = terminal("show", "A-2").out
    assert out.startswith("A-2 (order-fulfilment, version 1) is incomplete, of C-77, at risk 48.00 EUR\n")
    assert "ItemShipped was due" in out
    assert "OrderPlaced-A-2" in out
    assert terminal("show", "B/ü", "--format", "jsonl").out.startswith('{"workflow":"order-fulfilment"')


def test_what_is_not_there_is_said(terminal: Terminal) -> None:
    none = terminal("show", "A-9")
    assert (none.code, "there is no order A-9; `noshow orders find` looks" in none.err) == (2, True)
    wrong = terminal("list", "--state", "lost")
    assert (wrong.code, "state" in wrong.err) == (3, True)


def test_any_identifier_finds_them(terminal: Terminal) -> None:
    assert terminal("find", "A-2").out.splitlines()[1].split() == ["A-2", "order-fulfilment", "incomplete"]
    assert terminal("find", "never-seen").out == "none\n"
