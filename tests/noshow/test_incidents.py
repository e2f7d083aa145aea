"""`noshow incidents` as a process, against a server."""

import json
from collections.abc import Iterator

import pytest

from api.access.identity import Scope
from api.app import create_app
from reconcile.rulebook import Rulebook
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import issued
from tests.api.incident_rows import known, put_back, put_let_go, put_old, put_silent
from tests.api.server import serving
from tests.noshow.command import Result, noshow
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock


class Terminal:
    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def __call__(self, *arguments: str) -> Result:
        return noshow("incidents", *arguments, "--url", self._url, environ={"NOSHOW_TOKEN": self._token})


@pytest.fixture
def terminal(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[Terminal]:
    with serving(create_app(clickhouse, database, clock, rulebook=Rulebook(lambda: (FULFILMENT,)))) as url:
        yield Terminal(url, issued(database, Scope.READ, Scope.OPERATE, name="anna"))


def test_they_are_listed(terminal: Terminal, database: Database) -> None:
    assert terminal("list").out == "no such incidents\n"
    [old] = put_old(database, 1)
    gone, silent = put_silent(database, "warehouse", "ItemShipped"), put_silent(database, held=4312, percent=12)
    put_let_go(database, gone)
    found = {line.split()[0]: line for line in terminal("list").out.splitlines()}
    assert found["ID"].split()[1:4] == ["STATE", "WHAT", "SINCE"]
    assert found[silent].split()[1:] == [
        *("holding", "payments,", "12", "%", "of", "the", "usual", "2025-11-20T11:50:00Z", "2025-11-20T12:05:00Z"),
        *("4,312", "PaymentReceived"),
    ]
    assert found[gone].endswith("2025-11-20T11:59:00Z  0           ItemShipped      ran out")
    assert found[old].endswith("back")
    is_open = terminal("list", "--open", "--format", "jsonl").out.splitlines()
    assert {json.loads(line)["id"] for line in is_open} == {silent, gone}
    assert len(terminal("list", "--limit", "2").out.splitlines()) == 3


def test_one_is_ended_with_a_reason(terminal: Terminal, database: Database) -> None:
    id = put_silent(database)
    assert terminal("end", id).code == 2
    done = terminal("end", id, "--reason", "known outage")
    assert (done.code, done.out) == (0, f"{id}: payments let_go, dismissed by anna: known outage\n")
    assert not known(database, id).is_holding
    put_back(database, id)
    assert terminal("end", id, "--reason", "again").out == f"{id}: payments ended, dismissed by anna: known outage\n"
    unknown = terminal("end", "nothing", "--reason", "known")
    assert (unknown.code, "There is no incident nothing" in unknown.err) == (3, True)
