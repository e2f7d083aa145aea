"""What is silent, on every page and on the page of incidents."""

from collections.abc import Iterator

import httpx
import pytest

from api.access.identity import Scope
from api.app import create_app
from reconcile.rulebook import Rulebook
from store.database import Database
from store.event import DAY, HOUR, MINUTE
from store.incidents import Because
from tests.api.incident_rows import known, put_back, put_let_go, put_old, put_silent
from tests.api.person import PAGE, Person, signed_in, words
from tests.api.server import serving
from tests.api.shop import Order, Shop, unpaid
from tests.conftest import NOON
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock
from tests.web_server import client_of

EVERYWHERE = ("/", "/?workflow=order-fulfilment", "/orders/order-fulfilment/A-1", "/health", "/incidents", "/silences")


@pytest.fixture
def address(shop: Shop, clock: ManualClock) -> Iterator[str]:
    """With a rule in force."""
    shop.add(unpaid("A-1"))
    app = create_app(shop.clickhouse, shop.database, clock, rulebook=Rulebook(lambda: (FULFILMENT,)))
    with serving(app) as address:
        yield address


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with client_of(address, headers=PAGE) as http:
        yield http


def page(http: httpx.Client, path: str = "/incidents") -> str:
    answer = http.get(path)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def test_every_page_says_what_is_not_judged_and_why(http: httpx.Client, database: Database) -> None:
    put_silent(database, "payments", "PaymentReceived", held=4312)
    told = (
        "4,312 orders not judged: payments silent since 11:50 UTC . "
        "Held: PaymentReceived, until 12:05 UTC at the latest."
    )
    for path in EVERYWHERE:
        assert told in page(http, path), path
        assert ("See what waits" in page(http, path)) is (path != "/incidents")


@pytest.mark.parametrize("path", EVERYWHERE)
def test_while_nothing_is_silent_no_page_says_a_word(http: httpx.Client, database: Database, path: str) -> None:
    put_back(database, put_silent(database))
    assert "payments silent since" not in page(http, path)


def test_before_it_is_counted_only_the_steps_are_told(http: httpx.Client, database: Database) -> None:
    put_silent(database, "everything", "*", since=NOON - DAY)
    told = page(http, "/")
    assert "everything silent since 19 Nov 12:00 UTC . Held: PaymentReceived, ItemShipped, ComplianceCheckDone" in told
    assert "not judged" not in told


def test_what_came_in_part_is_told_as_that_and_what_nothing_waits_for_too(
    http: httpx.Client, database: Database
) -> None:
    put_silent(database, "clicks", "Clicked", held=7, percent=12)
    assert "clicks at 12 % of the usual since 11:50 UTC . No step in force waits for it." in page(http, "/")


def test_an_order_says_which_of_its_steps_is_not_judged(http: httpx.Client, shop: Shop) -> None:
    due = NOON - MINUTE
    steps = [("PaymentReceived", "pending", None, due), ("ItemShipped", "pending", None, NOON + HOUR)]
    shop.add(Order("B-1", "running", steps=steps))
    id = put_silent(shop.database, "everything", "*")
    told = page(http, "/orders/order-fulfilment/B-1")
    assert "due 1 min ago not judged: everything silent since 11:50 UTC" in told
    assert told.count("not judged") == 1, "what is not due yet waits for nothing"
    put_let_go(shop.database, id)
    assert "not judged" not in page(http, "/orders/order-fulfilment/B-1")


def test_what_is_let_go_of_is_told_until_it_is_back(http: httpx.Client, database: Database) -> None:
    id = put_silent(database, held=9)
    put_let_go(database, id)
    assert "payments silent since 11:50 UTC : judging goes on without it." in page(http, "/")
    put_back(database, id)
    assert "payments silent" not in page(http, "/")


def test_of_many_only_the_latest_are_told_on_other_pages(http: httpx.Client, database: Database) -> None:
    for number in range(5):
        put_silent(database, f"s-{number}")
    assert page(http, "/").count("See what waits") == 3
    assert "And 2 more silent" in page(http, "/")


def test_names_of_others_are_words_and_nothing_else(http: httpx.Client, database: Database) -> None:
    put_silent(database, "<script>alert(1)</script>", "<b>", held=1)
    for path in ("/", "/incidents"):
        text = http.get(path).text
        assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


def test_what_is_open_comes_first_and_how_each_ended_is_told(http: httpx.Client, database: Database) -> None:
    back, dismissed, ran_out = (put_silent(database, name, held=7) for name in ("b-back", "c-dismissed", "d-ran-out"))
    put_let_go(database, dismissed, Because.DISMISSED, "anna", "planned")
    put_let_go(database, ran_out)
    for id in (back, dismissed, ran_out):
        put_back(database, id)
    put_silent(database, "a-open", held=12)
    told = page(http)
    assert told.index("a-open silent for 10 min waited for") < told.index("Over")
    assert "Not judged 12 orders Usual at least 42 a minute are usual" in told
    assert "b-back silent; at least 42 a minute are usual back in time" in told
    assert "waiting ended 10 min ago just now after 10 min 7 anna: planned judged without it from 11:59 UTC" in told
    assert "held too long 10 min ago just now after 10 min 7 judged without it from 11:59 UTC" in told


def test_where_nothing_is_silent_the_page_says_so(http: httpx.Client) -> None:
    assert "Nothing is silent Every source is heard as usual" in page(http)


def test_older_ones_are_on_the_next_page(http: httpx.Client, database: Database) -> None:
    put_old(database, 60)
    put_silent(database, "open-one")
    first = http.get("/incidents").text
    assert "s-49" in first and "s-50" not in first and 'id="more"' in first
    link = first.split('id="more" href="')[1].split('"')[0]
    second = page(http, link)
    assert "s-50" in second and "s-59" in second and "Older" not in second
    assert "open-one silent for" not in second, "what is open is on the first page"


def test_an_operator_waits_no_longer_with_a_reason(address: str, database: Database) -> None:
    id = put_silent(database)
    with signed_in(address, database, Scope.OPERATE) as maria:
        refused = maria.send(f"/incidents/{id}/end", 400, reason="")
        assert "reason" in words(refused) and "open" in refused
        told = words(maria.send(f"/incidents/{id}/end", reason="the bank migrates"))
        assert "Nothing waits for it any more." in told
        assert "maria ended the waiting" in told and "the bank migrates" in told
        assert "Wait no longer" not in told
        put_back(database, id)
        assert "Nothing waited for it any more." in words(maria.send(f"/incidents/{id}/end", reason="again"))
        maria.send("/incidents/nothing/end", 404, reason="known")
    it = known(database, id)
    assert (it.because, it.ended_by, it.reason) == ("dismissed", "maria", "the bank migrates")


def test_others_only_look(address: str, http: httpx.Client, database: Database) -> None:
    id = put_silent(database)
    told = http.get("/incidents").text
    assert 'method="post"' not in told and "Sign in" in told
    with signed_in(address, database) as eve:
        assert "Wait no longer" not in Person.get(eve, "/incidents")
        eve.send(f"/incidents/{id}/end", 403, reason="known")
    assert known(database, id).is_holding
