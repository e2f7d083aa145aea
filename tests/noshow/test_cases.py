"""`noshow cases` as a process, against a server."""

import json
from collections.abc import Iterator, Mapping

import pytest

from api.access.identity import Scope
from api.app import create_app
from store.clickhouse import ClickHouse
from store.database import Database
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.api.shop import Shop, case_id, unpaid, unshipped
from tests.noshow.command import Result, noshow
from tests.store.clock import ManualClock

ID = case_id(unpaid("A-1"))


class Terminal:
    """An operator's."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def cases(self, command: str, *arguments: str) -> Result:
        environ = {"NOSHOW_TOKEN": self._token}
        return noshow("cases", command, *arguments, "--url", self._url, environ=environ)

    def shown(self, id_: str) -> Mapping[str, object]:
        told: Mapping[str, object] = json.loads(self.cases("show", id_, "--format", "jsonl").out)
        return told


@pytest.fixture
def maria(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[Terminal]:
    Shop(clickhouse, database).add(unpaid("A-1"), unpaid("A-2"), unshipped("B-1"))
    with serving(create_app(clickhouse, database, clock)) as url:
        yield Terminal(url, issued(database, Scope.READ, Scope.OPERATE, name="maria"))


def test_a_case_is_listed_worked_on_and_shown(maria: Terminal) -> None:
    listed = maria.cases("list", "--owner", "payments", "--sort", "risk")
    assert [line.split()[4] for line in listed.out.splitlines()] == ["ORDER", "A-2", "A-1"]
    assert maria.cases("assign", ID, "--to", "me").out == f"{ID}: open, maria's\n"
    assert maria.cases("comment", ID, "the bank says no").code == 0
    done = maria.cases("resolve", ID, "--reason", "fixed", "--note", "paid by hand")
    assert done.out == f"{ID}: resolved by maria as fixed, maria's: paid by hand\n"
    shown = maria.cases("show", ID).out
    for told in ("resolved by maria as fixed", "missing (open, payments)", "OrderPlaced (shop)", "the bank says no"):
        assert told in shown
    again = maria.cases("resolve", ID, "--reason", "other", "--note", "x")
    assert (again.code, again.out) == (1, "")
    assert "maria resolved it at 12:00 UTC as fixed: paid by hand" in again.err
    assert maria.cases("reopen", ID).out == f"{ID}: open by maria, maria's\n"


def test_lines_of_json_are_the_cases_of_the_api(maria: Terminal) -> None:
    lines = maria.cases("list", "--format", "jsonl", "--limit", "2").out.splitlines()
    assert [json.loads(line)["correlation_id"] for line in lines] == ["B-1", "A-1"]
    assert maria.shown(ID)["comments"] == []


def test_many_are_moved_when_they_are_as_many_as_was_said(maria: Terminal) -> None:
    filters = ("--owner", "payments", "--note", "the bank is down")
    previewed = maria.cases("acknowledge", *filters)
    assert (previewed.code, previewed.out.splitlines()[0]) == (2, "2 cases, at risk: 259.80 EUR")
    assert "nothing was changed: give --expect 2 to do it" in previewed.err
    assert "it is 2 by now" in maria.cases("acknowledge", *filters, "--expect", "5").err
    assert maria.shown(ID)["state"] == "open"
    assert maria.cases("acknowledge", *filters, "--expect", "2").out.splitlines()[1] == "2 changed, 0 to go"
    assert (maria.shown(ID)["state"], maria.shown(ID)["note"]) == ("acknowledged", "the bank is down")


def test_without_ids_and_filters_nothing_is_moved(maria: Terminal) -> None:
    done = maria.cases("snooze", "--until", "4h")
    assert (done.code, maria.shown(ID)["state"]) == (2, "open")
    assert "name cases by their IDs, or choose them by filters" in done.err
