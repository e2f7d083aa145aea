"""`/v1/notifications` and `/v1/silences`, over a socket, with both databases."""

from collections.abc import Iterator

import httpx
import pytest

from api import models_notify as models
from api.access.identity import Scope
from api.app import create_app
from reconcile.notify.delivery import Answer
from reconcile.notify.sender import Sender
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE
from store.settings_notify import Endpoint
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.reconcile.desk import AT_ONCE, NOON, endpoint
from tests.reconcile.notify.newsroom import Newsroom
from tests.store.clock import ManualClock
from tests.web_server import client_of


class Post:
    """An endpoint that answers as it is told, and remembers the ids."""

    def __init__(self) -> None:
        self.status = 500
        self.ids: list[str] = []

    def __call__(self, to: Endpoint, id: str, payload: str, now: int) -> Answer:
        self.ids.append(id)
        return Answer(self.status, "" if self.status < 300 else f"HTTP {self.status}", took=1_500)


@pytest.fixture
def room(any_database: Database) -> Newsroom:
    return Newsroom(any_database, AT_ONCE)


@pytest.fixture
def http(clickhouse: ClickHouse, room: Newsroom, clock: ManualClock) -> Iterator[httpx.Client]:
    everything = bearer(room.database, Scope.READ, Scope.OPERATE, Scope.ADMINISTER)
    with (
        serving(create_app(clickhouse, room.database, clock)) as address,
        client_of(address, headers=everything) as http,
    ):
        yield http


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def sender(room: Newsroom, post: Post) -> Sender:
    return Sender(room.database, {it: endpoint(it) for it in ("payments", "shipping")}, post, lambda: 0.0)


def test_messages_are_listed_the_newest_first_page_by_page(http: httpx.Client, room: Newsroom) -> None:
    for number in range(3):
        room.opens(f"o-{number}", at=number * MINUTE)
        room.dispatch(number * MINUTE)
    first = http.get("/v1/notifications", params={"limit": 2}).json()
    models.NotificationPage.model_validate(first, extra="forbid")
    rest = http.get("/v1/notifications", params={"limit": 2, "after": first["next"]}).json()
    times = [it["created_at"] for it in (*first["items"], *rest["items"])]
    assert times == ["2025-11-20T12:02:00Z", "2025-11-20T12:01:00Z", "2025-11-20T12:00:00Z"]
    assert rest["next"] is None


def test_they_can_be_chosen_by_state_endpoint_and_case(http: httpx.Client, room: Newsroom, sender: Sender) -> None:
    room.opens("a")
    room.opens("b", owner="shipping")
    room.dispatch(0)
    sender.step(NOON, "payments")
    [case] = [it["data"]["case"] for it in room.sent() if it["receiver"] == "shipping"]

    def listed(**parameters: str) -> list[str]:
        return [it["endpoint"] for it in http.get("/v1/notifications", params=parameters).json()["items"]]

    assert listed(state="delivered") == listed(endpoint="nobody") == []
    assert sorted(listed(state="pending")) == ["payments", "shipping"]
    assert listed(endpoint="payments") == ["payments"]
    assert listed(case_id=case) == ["shipping"]
    assert http.get("/v1/notifications", params={"state": "lost"}).status_code == 400


def test_one_in_full_has_its_body_and_every_attempt(
    http: httpx.Client, room: Newsroom, sender: Sender, post: Post
) -> None:
    room.opens("a")
    room.dispatch(0)
    sender.step(NOON)
    post.status = 204
    sender.step(NOON + HOUR)
    [message] = room.sent()
    told = http.get(f"/v1/notifications/{message['id']}").json()
    models.NotificationInFull.model_validate(told, extra="forbid")
    assert told["payload"]["data"]["correlation_id"] == "a"
    assert (told["state"], told["attempts"], told["delivered_at"]) == ("delivered", 2, "2025-11-20T13:00:00Z")
    assert told["log"] == [
        {"number": 1, "at": "2025-11-20T12:00:00Z", "took_seconds": 0.0015, "status": 500, "error": "HTTP 500"},
        {"number": 2, "at": "2025-11-20T13:00:00Z", "took_seconds": 0.0015, "status": 204, "error": None},
    ]
    assert http.get("/v1/notifications/msg_none").status_code == 404


def test_one_is_sent_anew_under_its_id(http: httpx.Client, room: Newsroom, sender: Sender, post: Post) -> None:
    post.status = 204
    room.opens("a")
    room.dispatch(0)
    sender.step(NOON)
    [message] = room.sent()
    answers = [http.post(f"/v1/notifications/{message['id']}/redeliver").json() for _ in range(2)]
    assert answers == [{"count": 1}, {"count": 0}]
    sender.step(NOON)
    assert post.ids == [message["id"]] * 2
    assert [it["number"] for it in http.get(f"/v1/notifications/{message['id']}").json()["log"]] == [1, 2]
    assert http.post("/v1/notifications/msg_none/redeliver").status_code == 404


def test_all_since_an_instant_are_sent_anew_in_order(
    http: httpx.Client, room: Newsroom, sender: Sender, post: Post
) -> None:
    post.status = 204
    for number in range(3):
        room.opens(f"o-{number}", at=number * MINUTE)
        room.dispatch(number * MINUTE)
        sender.step(NOON + number * MINUTE)
    body = {"endpoint": "payments", "since": "2025-11-20T12:01:00Z"}
    assert http.post("/v1/notifications/redeliver", json=body).json() == {"count": 2}
    while sender.step(NOON + HOUR):
        pass
    assert len(post.ids) == 5
    assert set(post.ids[3:]) == set(post.ids[1:3])


def test_an_endpoint_that_is_gone_gets_nothing_until_it_is_enabled(
    http: httpx.Client, room: Newsroom, sender: Sender, post: Post
) -> None:
    post.status = 410
    room.opens("a")
    room.dispatch(0)
    sender.step(NOON)
    room.opens("b")
    room.dispatch(0)
    assert sender.step(NOON + HOUR) is False
    [gone] = http.get("/v1/notifications/endpoints").json()["items"]
    assert (gone["name"], gone["pending"], gone["at"]) == ("payments", 1, "2025-11-20T12:00:00Z")
    post.status = 204
    assert http.post("/v1/notifications/endpoints/payments/enable").status_code == 204
    assert http.post("/v1/notifications/endpoints/payments/enable").status_code == 404
    assert sender.step(NOON + HOUR) is True
    assert http.get("/v1/notifications/endpoints").json()["items"] == []


def test_a_silence_is_previewed_begun_listed_and_ended(http: httpx.Client, room: Newsroom, clock: ManualClock) -> None:
    room.opens("a", "b")
    matchers = ["owner=payments", "correlation_id=~a.*"]
    found = http.post("/v1/silences/preview", json={"matchers": matchers}).json()
    assert found == {"count": 1, "examples": [{"workflow": "fulfilment", "correlation_id": "a"}]}
    body = {"matchers": matchers, "ends_at": "2025-11-20T13:00:00Z", "reason": "the bank migrates"}
    begun = http.post("/v1/silences", json=body)
    assert begun.status_code == 201
    models.Silence.model_validate(begun.json(), extra="forbid")
    assert (begun.json()["state"], begun.json()["matchers"]) == ("in force", matchers)
    assert begun.json()["author"].startswith("token-")
    assert http.get("/v1/silences").json()["items"] == [begun.json()]
    ended = http.post(f"/v1/silences/{begun.json()['id']}/end").json()
    assert (ended["state"], ended["ends_at"]) == ("over", "2025-11-20T12:00:00Z")
    assert http.get("/v1/silences").json()["items"] == []
    assert len(http.get("/v1/silences", params={"since": "2025-11-20"}).json()["items"]) == 1
    assert http.post("/v1/silences/none/end").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"matchers": ["ownr=x"]}, "did you mean owner?"),
        ({"matchers": []}, "matchers"),
        ({"reason": ""}, "reason"),
        ({"ends_at": "2025-11-20T11:00:00Z"}, "must end after it begins"),
        ({"ends_at": "soon"}, "ends_at"),
        ({"end": "2025-11-20T13:00:00Z"}, "end"),
    ],
)
def test_what_is_no_silence_is_said(http: httpx.Client, change: dict[str, object], words: str) -> None:
    body = {"matchers": ["owner=x"], "ends_at": "2025-11-20T13:00:00Z", "reason": "x", **change}
    answer = http.post("/v1/silences", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/silences", {"matchers": ["owner=x"], "ends_at": "2025-11-20T13:00:00Z", "reason": "x"}),
        ("/v1/silences/x/end", {}),
        ("/v1/notifications/x/redeliver", {}),
        ("/v1/notifications/redeliver", {"endpoint": "x", "since": "2025-11-20"}),
        ("/v1/notifications/endpoints/x/enable", {}),
    ],
)
def test_only_administrators_change_what_is_told(
    http: httpx.Client, room: Newsroom, path: str, body: dict[str, object]
) -> None:
    operator = bearer(room.database, Scope.READ, Scope.OPERATE)
    assert http.post(path, json=body, headers=operator).status_code == 403
