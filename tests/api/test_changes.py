"""`/live`, over a socket."""

from collections.abc import Iterator

import httpx

from reconcile.actor import Actor, ActorKind
from reconcile.audit.entry import Entry, record
from tests.api.shop import Shop
from tests.conftest import NOON


def happen(shop: Shop, at: int = NOON) -> str:
    with shop.database.begin() as connection:
        [id] = record(connection, [Entry("case.opened", Actor(ActorKind.PERSON, "anna"))], at)
    return id


def heard(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """The events, each by its fields; comments are left out."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(":")
        if name:
            event[name] = value.strip()
        elif event:
            yield event
            event = {}


def test_who_listens_hears_of_what_happens_then(shop: Shop, http: httpx.Client) -> None:
    before = happen(shop)
    with http.stream("GET", "/live") as answer:
        events = heard(answer)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert next(events) == {"retry": "2000", "id": before}
        after = happen(shop, NOON + 1)
        assert next(events) == {"event": "changed", "id": after, "data": ""}


def test_who_comes_back_hears_at_once_of_what_was_missed(shop: Shop, http: httpx.Client) -> None:
    before, after = happen(shop), happen(shop, NOON + 1)
    with http.stream("GET", "/live", headers={"Last-Event-ID": before}) as answer:
        events = heard(answer)
        assert next(events)["id"] == before
        assert next(events) == {"event": "changed", "id": after, "data": ""}


def test_a_server_that_ends_does_not_wait_for_who_listens(address: str) -> None:
    """The fixture stops the server while this connection is open; it would wait for minutes."""
    client = httpx.Client(base_url=address, timeout=None)
    answer = client.send(client.build_request("GET", "/live"), stream=True)
    assert next(heard(answer))["retry"] == "2000"
