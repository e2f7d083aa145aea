"""Idempotency keys: done once, answered alike, and known for what it is after a kill."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import func, insert, select

from api import idempotency
from api.access.identity import Scope
from api.idempotency import HELD, KEPT, Answer, AnswerLost, Asked, KeyUsed, UnderWay
from store.database import Database, also
from store.event import SECOND
from store.tables import case_comments, idempotency_keys, silences, switches
from tests.api.access.bearer import bearer
from tests.api.shop import Shop, case_id, unpaid
from tests.conftest import NOON
from tests.store.clock import ManualClock

ASKED = Asked("token:anna", "k-1", "digest", "first")
SILENCE = {"matchers": ["owner=payments"], "ends_at": "2025-11-21", "reason": "The bank migrates."}
DONE = Answer(201, {"content-type": "application/json"}, b"{}")
SWITCH = {"stopped": True, "by": "anna", "reason": "", "at": NOON}


@pytest.fixture
def anna(any_http: httpx.Client, any_shop: Shop) -> httpx.Client:
    any_shop.add(unpaid("A"))
    any_http.headers.update(bearer(any_shop.database, *Scope, name="anna"))
    return any_http


def send(
    http: httpx.Client, key: str, body: Mapping[str, object] = SILENCE, path: str = "/v1/silences"
) -> httpx.Response:
    return http.post(path, json=body, headers={"Idempotency-Key": key})


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(silences)).scalar_one()


def test_the_same_key_does_it_once_and_answers_alike(anna: httpx.Client, any_shop: Shop, clock: ManualClock) -> None:
    first, again = send(anna, "k-1"), send(anna, '"k-1"')
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert count(any_shop.database) == 1
    assert send(anna, "k-2").json()["id"] != first.json()["id"]
    clock.sleep(KEPT / SECOND)
    later = {**SILENCE, "ends_at": "2025-11-25"}
    assert send(anna, "k-1", later).status_code == 201, "after a day it is a new one"


def test_a_key_is_of_one_request_and_of_one_caller(anna: httpx.Client, any_shop: Shop) -> None:
    send(anna, "k-1")
    other = send(anna, "k-1", {**SILENCE, "reason": "Another."})
    assert (other.status_code, "for another request" in other.json()["detail"]) == (422, True)
    assert send(anna, "k-1", path="/v1/silences/preview").status_code == 422
    anna.headers.update(bearer(any_shop.database, *Scope, name="bert"))
    assert send(anna, "k-1").status_code == 201
    assert count(any_shop.database) == 2


def test_what_was_refused_may_be_asked_again(anna: httpx.Client, any_shop: Shop) -> None:
    case = case_id(unpaid("A"))
    path = f"/v1/cases/{case}/assign"
    assert send(anna, "k-1", {"assignee": ""}, path).status_code == 400
    assert send(anna, "k-1", {"assignee": "me"}, path).status_code == 200, "nothing was kept of it"
    assert send(anna, "k-1", {"assignee": "me"}, path).json()["assignee"] == "anna"
    assert send(anna, "k-2", {"assignee": "me"}, path).status_code == 409, "by itself it would be refused now"


@pytest.mark.parametrize("key", ["", "a b", "ü".encode(), "x" * 256, '""'])
def test_what_is_no_key_is_refused(anna: httpx.Client, key: str) -> None:
    answer = send(anna, key)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "Idempotency-Key")


def test_strangers_learn_nothing(anna: httpx.Client) -> None:
    send(anna, "k-1")
    del anna.headers["authorization"]
    assert send(anna, "k-1").status_code == 401


def test_of_many_at_once_one_does_it(anna: httpx.Client, any_shop: Shop) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(anna, "k-1"), range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert count(any_shop.database) == 1


class TestKilled:
    """What a request leaves behind that never got to its end."""

    @pytest.fixture
    def database(self, any_database: Database) -> Iterator[Database]:
        yield any_database

    def change(self, database: Database, asked: Asked = ASKED) -> None:
        token = also.set(idempotency.changing(asked, NOON))
        try:
            with database.begin() as connection:
                connection.execute(insert(switches).values(name=asked.holder, **SWITCH))
        finally:
            also.reset(token)

    def changed(self, database: Database) -> int:
        with database.read() as connection:
            return connection.execute(select(func.count()).select_from(switches)).scalar_one()

    def test_before_the_change_it_is_done_by_whoever_asks_next(self, database: Database) -> None:
        assert idempotency.claim(database, ASKED, NOON) is None
        again = replace(ASKED, holder="second")
        with pytest.raises(UnderWay):
            idempotency.claim(database, again, NOON + HELD - 1)
        assert idempotency.claim(database, again, NOON + HELD) is None
        self.change(database, again)
        idempotency.finish(database, again, DONE)
        assert idempotency.claim(database, ASKED, NOON + HELD) == DONE

    def test_after_the_change_it_is_not_done_again(self, database: Database) -> None:
        idempotency.claim(database, ASKED, NOON)
        self.change(database)
        with pytest.raises(AnswerLost):
            idempotency.claim(database, replace(ASKED, holder="second"), NOON + HELD)
        assert self.changed(database) == 1

    def test_who_was_given_up_for_dead_changes_nothing_any_more(self, database: Database) -> None:
        idempotency.claim(database, ASKED, NOON)
        idempotency.claim(database, replace(ASKED, holder="second"), NOON + HELD)
        with pytest.raises(UnderWay):
            self.change(database)
        assert self.changed(database) == 0, "rolled back as a whole"

    def test_a_refusal_behind_a_change_is_kept(self, database: Database) -> None:
        idempotency.claim(database, ASKED, NOON)
        self.change(database)
        assert not idempotency.release(database, ASKED)

    def test_another_request_is_told_so_all_the_while(self, database: Database) -> None:
        idempotency.claim(database, ASKED, NOON)
        with pytest.raises(KeyUsed):
            idempotency.claim(database, replace(ASKED, request="another", holder="second"), NOON)

    def test_keys_do_not_pile_up(self, database: Database) -> None:
        idempotency.claim(database, ASKED, NOON)
        idempotency.claim(database, replace(ASKED, key="k-2"), NOON + KEPT)
        with database.read() as connection:
            assert connection.execute(select(idempotency_keys.c.key)).scalars().all() == ["k-2"]


def test_a_comment_is_made_once(anna: httpx.Client, any_shop: Shop) -> None:
    path = f"/v1/cases/{case_id(unpaid('A'))}/comments"
    for _ in range(3):
        assert send(anna, "k-1", {"text": "the bank looks"}, path).status_code == 201
    with any_shop.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(case_comments)).scalar_one() == 1
