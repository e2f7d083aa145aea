"""What a command asks for where the answer gets lost: it is done once and told, or it is said that nobody knows."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import Response
from sqlalchemy import Table, func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.identity import Scope as Allowed
from api.app import create_app
from noshow import importing
from noshow.client import Refused, Server, connected
from noshow.errors import NoshowError
from noshow.once import LONGEST, PAUSES, NotKnown
from reconcile.cases.casebook import Casebook
from reconcile.cases.comments import Comment
from reconcile.cases.desk import Desk
from reconcile.cases.moves import By
from reconcile.cases.references import USUAL, References
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND
from store.tables import case_comments, idempotency_keys, silences
from tests.api.access.bearer import issued
from tests.api.server import serving
from tests.api.shop import Shop, case_id, unpaid
from tests.conftest import NOON
from tests.faults.cable import Cable
from tests.noshow.command import Result, noshow
from tests.reconcile.receiver import Received, receiver
from tests.store.clock import ManualClock

ID = case_id(unpaid("A-1"))
COMMENTS = f"/v1/cases/{ID}/comments"
SILENCE = {"matchers": ["owner=payments"], "ends_at": "2025-11-21", "reason": "The bank migrates."}
UNDER_WAY = {"Retry-After": "2"}
PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Shopkeeper:
    """Commands of somebody, over a way on which so many answers get `lost`."""

    database: Database
    port: int
    token: str

    def comments(self, text: str, lost: int) -> Result:
        with Cable(self.port, lost) as cable:
            return noshow("cases", "comment", ID, text, "--url", cable.url, environ={"NOSHOW_TOKEN": self.token})

    def silences(self, lost: int, clock: ManualClock) -> Any:
        with Cable(self.port, lost) as cable, connected(Server(cable.url, self.token), clock) as client:
            return client.post("/v1/silences", SILENCE)

    def count(self, table: Table) -> int:
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def anna(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[Shopkeeper]:
    Shop(clickhouse, database).add(unpaid("A-1"))
    with serving(create_app(clickhouse, database, clock)) as url:
        yield Shopkeeper(database, port_of(url), issued(database, *Allowed, name="anna"))


@pytest.fixture
def own_clock() -> ManualClock:
    """The command's; the server has another one."""
    return ManualClock(NOON)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def test_a_comment_whose_answer_is_lost_is_made_once(anna: Shopkeeper) -> None:
    made = anna.comments("the bank looks", lost=1)
    assert (made.code, made.out) == (0, "")
    assert "127.0.0.1 has not told what became of it, asking again in 0.5 s: " in made.err
    assert (anna.count(case_comments), anna.count(idempotency_keys)) == (1, 1)
    assert anna.comments("the bank looks", lost=0).code == 0
    assert (anna.count(case_comments), anna.count(idempotency_keys)) == (2, 2), "who says it again means it"


@pytest.mark.parametrize("lost", range(1, len(PAUSES) + 1))
def test_it_is_asked_for_again_after_pauses(anna: Shopkeeper, own_clock: ManualClock, lost: int) -> None:
    made = anna.silences(lost, own_clock)
    assert (made["state"], made["reason"]) == ("in force", SILENCE["reason"])
    assert anna.count(silences) == 1
    assert own_clock.now() == NOON + sum(PAUSES[:lost]) * SECOND


def test_in_the_end_it_is_said_that_nobody_knows(anna: Shopkeeper, own_clock: ManualClock) -> None:
    with pytest.raises(NotKnown, match=r"/v1/silences: no answer tells .*\nit is not known whether it was done"):
        anna.silences(len(PAUSES) + 1, own_clock)
    assert anna.count(silences) == 1
    assert own_clock.now() == NOON + sum(PAUSES) * SECOND


def test_each_thing_to_do_is_another(anna: Shopkeeper, own_clock: ManualClock) -> None:
    url = f"http://127.0.0.1:{anna.port}"
    with connected(Server(url, anna.token), own_clock) as client:
        assert client.post("/v1/silences", SILENCE)["id"] != client.post("/v1/silences", SILENCE)["id"]
    assert (anna.count(silences), anna.count(idempotency_keys)) == (2, 2)


def test_what_was_never_sent_is_not_done(own_clock: ManualClock) -> None:
    never = pytest.raises(NoshowError, match="does not answer: ConnectError")
    with never as raised, connected(Server("http://127.0.0.1:9"), own_clock) as client:
        client.post("/v1/silences", SILENCE)
    assert not isinstance(raised.value, NotKnown)
    assert own_clock.now() == NOON, "there is nothing to find out"


def test_a_server_that_goes_away_after_that_may_have_done_it(anna: Shopkeeper) -> None:
    with Cable(anna.port, lost=1) as cable:
        gone = Gone(cable)
        with connected(Server(cable.url, anna.token), gone) as client, pytest.raises(NotKnown, match="ConnectError"):
            client.post("/v1/silences", SILENCE)
    assert gone.now() == NOON + sum(PAUSES) * SECOND


class Gone(ManualClock):
    """Whoever pauses finds nobody there any more."""

    def __init__(self, cable: Cable) -> None:
        super().__init__(NOON)
        self._cable = cable

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._cable.cut()


def test_what_is_under_way_is_waited_for(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> None:
    Shop(clickhouse, database).add(unpaid("A-1"))
    desk = Slow(database, Casebook(database), References(clickhouse, USUAL))
    app = create_app(clickhouse, database, clock, desk=desk)
    app.add_middleware(Finished, done=(done := threading.Event()))
    token = issued(database, Allowed.READ, Allowed.OPERATE, name="anna")
    with serving(app) as url, Cable(port_of(url)) as desk.cable:
        waiting = Waiting(desk, done)
        with connected(Server(desk.cable.url, token), waiting) as client:
            assert client.post(COMMENTS, {"text": "the bank looks"})["text"] == "the bank looks"
    assert waiting.slept == [PAUSES[0], 2], "and then as long as the server says"
    with database.read() as connection:
        assert connection.execute(select(case_comments.c.text)).scalars().all() == ["the bank looks"]


class Slow(Desk):
    """The way to whoever asks breaks while it works, and it works until it is `released`."""

    cable: Cable

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.working = threading.Event()
        self.released = threading.Event()

    def comment(self, case_id: str, text: str, by: By, now: int) -> Comment:
        self.cable.cut()
        self.cable.mend()
        self.working.set()
        assert self.released.wait(PATIENCE)
        return super().comment(case_id, text, by, now)


class Finished:
    """ASGI middleware that tells when something was done."""

    def __init__(self, app: ASGIApp, done: threading.Event) -> None:
        self.app = app
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        statuses: list[int] = []

        async def watch(message: Message) -> None:
            statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])
            await send(message)

        await self.app(scope, receive, watch)
        if statuses == [201]:
            self._done.set()


class Waiting(ManualClock):
    """When it has waited twice, what was under way has come to its end."""

    def __init__(self, desk: Slow, done: threading.Event) -> None:
        super().__init__(NOON)
        self._desk = desk
        self._done = done
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.slept.append(seconds)
        assert self._desk.working.wait(PATIENCE)
        if len(self.slept) == 2:
            self._desk.released.set()
            assert self._done.wait(PATIENCE)


@dataclass
class Told:
    """A server that gives these answers one by one: status, headers."""

    answers: Sequence[tuple[int, dict[str, str]]]

    def __call__(self, request: Received) -> Response:
        status, headers = self.answers[request.number - 1]
        return Response('{"detail": "So it is."}', status, headers, "application/json")


def told(clock: ManualClock, *answers: tuple[int, dict[str, str]]) -> list[Received]:
    """What it was sent."""
    with receiver(Told(answers)) as it, connected(Server(f"http://127.0.0.1:{it.port}"), clock) as client:
        try:
            client.post("/v1/silences", SILENCE)
        finally:
            keys = {request.headers["idempotency-key"] for request in it.received}
            assert len(keys) == 1, "one for all of it"
    return it.received


@pytest.mark.parametrize("status", [409, 502, 504])
def test_answers_that_do_not_tell(own_clock: ManualClock, status: int) -> None:
    headers = UNDER_WAY if status == 409 else {}
    sent = told(own_clock, (status, headers), (201, {}))
    assert (len(sent), {request.body for request in sent}) == (2, {sent[0].body})
    with pytest.raises(NotKnown, match=f"became of it: {status} "):
        told(own_clock, *[(status, headers)] * (len(PAUSES) + 1))


@pytest.mark.parametrize("status", [401, 429, 503])
def test_answers_that_do_not_tell_of_what_was_sent_before(own_clock: ManualClock, status: int) -> None:
    with pytest.raises(Refused, match=f"{status} So it is"):
        told(own_clock, (status, {}))
    assert own_clock.now() == NOON, "by itself it means that nothing was done"
    assert len(told(own_clock, (502, {}), (status, {}), (201, {}))) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 422, 500])
def test_a_refusal_is_an_answer(own_clock: ManualClock, status: int) -> None:
    for before in ([], [(502, dict[str, str]())]):
        with pytest.raises(Refused, match=f"{status} So it is"):
            told(own_clock, *before, (status, {}))
    assert own_clock.now() == NOON + PAUSES[0] * SECOND


def test_no_pause_is_endless(own_clock: ManualClock) -> None:
    told(own_clock, (409, {"Retry-After": "86400"}), (201, {}))
    assert own_clock.now() == NOON + LONGEST * SECOND


def test_only_what_is_to_be_done_once_has_a_key(tmp_path: Path) -> None:
    (file := tmp_path / "events.ndjson").write_text("{}\n")
    with receiver(Told([(200, {}), (200, {})])) as it:
        server = Server(f"http://127.0.0.1:{it.port}")
        with connected(server) as client:
            client.preview("/v1/silences/preview", SILENCE)
        importing.run(file, server, 1)
    assert [(request.path, "idempotency-key" in request.headers) for request in it.received] == [
        *(("/v1/silences/preview", False), ("/v1/events", False)),
    ]
