"""`noshow quarantine` as a process, against a server."""

from collections.abc import Iterator, Sequence

import pytest

from api.access.identity import Scope
from api.app import create_app
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import Event
from store.events import history
from store.quarantine import Content, Wanted, Why
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.conftest import NOON
from tests.noshow.command import Result, noshow
from tests.store.clock import ManualClock
from tests.store.refused import row


def again(content: Content, now: int) -> Sequence[Event] | Why:
    if content.id == "bad":
        return Why("name", "empty", "name: empty")
    return [Event(content.id, "o-1", "A", NOON, "shop", received_at=now)]


class Terminal:
    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def __call__(self, *arguments: str) -> Result:
        return noshow("quarantine", *arguments, "--url", self._url, environ={"NOSHOW_TOKEN": self._token})


@pytest.fixture
def terminal(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[Terminal]:
    quarantine.write(clickhouse, [row("a"), row("b", data=b"\xff"), row("bad"), row("other", source="bank")])
    with serving(create_app(clickhouse, database, clock, again=again)) as url:
        yield Terminal(url, issued(database, Scope.READ, Scope.OPERATE, name="anna"))


def test_it_is_listed_shown_and_taken(terminal: Terminal, clickhouse: ClickHouse) -> None:
    groups = terminal("list", "--source", "shop").out.splitlines()
    assert groups[1].split()[1:4] == ["3", "-", "shop"]
    group = groups[1].split()[0]
    assert [line.split()[0] for line in terminal("list", "--events", "--group", group).out.splitlines()] == [
        *("id", "bad", "b", "a"),
    ]
    shown = terminal("show", "a")
    assert (shown.out, "time: lies" in shown.err) == ('{"name": "A"}\n', True)
    assert terminal("show", "b").out == "/w==\n"
    would = terminal("replay", "--group", group, "--dry-run").out
    assert would == "2 would be taken, 1 refused still\n  1  name: empty\n"
    assert history(clickhouse, "o-1") == []
    assert terminal("replay", "--group", group).out == "2 taken, 1 refused still\n  1  name: empty\n"
    assert [event.id for event in history(clickhouse, "o-1")] == ["a", "b"]


def test_it_is_put_aside(terminal: Terminal, clickhouse: ClickHouse) -> None:
    assert terminal("discard", "other", "--reason", "a test").out == "1 put aside\n"
    assert quarantine.count(clickhouse, Wanted(), NOON) == 3
    done = terminal("discard", "--reason", "a test")
    assert (done.code, "choose them by --group" in done.err) == (2, True)
