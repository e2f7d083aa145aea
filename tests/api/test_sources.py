"""Who sends what, over a socket."""

from collections.abc import Iterator

import httpx
import pytest

from api import models_sources
from api.app import create_app
from store import collectors, events, quarantine
from store.collectors import Report
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from store.instant import rfc3339
from tests.api.incident_rows import put_silent
from tests.api.server import serving
from tests.api.shop import Shop
from tests.store.clock import ManualClock
from tests.store.refused import row
from tests.web_server import client_of


@pytest.fixture
def now(shop: Shop) -> int:
    """By the engine's clock, which forgets what came weeks ago: a whole minute."""
    return shop.clickhouse.now() // MINUTE * MINUTE


@pytest.fixture
def http(shop: Shop, now: int) -> Iterator[httpx.Client]:
    app = create_app(shop.clickhouse, shop.database, ManualClock(now))
    with serving(app) as address, client_of(address) as http:
        yield http


def sent(source: str, name: str, number: int, received_at: int, lag: int = SECOND) -> list[Event]:
    """So many at once."""
    at = received_at - lag
    return [Event(f"{received_at}-{n}", f"A-{n}", name, at, source, received_at=received_at) for n in range(number)]


def told(http: httpx.Client) -> dict[str, models_sources.Source]:
    answer = http.get("/v1/sources")
    found = models_sources.Sources.model_validate_json(answer.text, extra="forbid")
    return {it.source: it for it in found.items}


def test_how_much_comes_against_what_is_usual(http: httpx.Client, shop: Shop, now: int) -> None:
    for ago in range(1, 11):
        events.write(shop.clickhouse, sent("payments", "PaymentReceived", 2, now - ago * MINUTE))
    events.write(shop.clickhouse, sent("payments", "PaymentReceived", 600, now - 110 * MINUTE))
    [it] = told(http)["payments"].events
    assert (it.name, it.per_minute, it.usual_per_minute) == ("PaymentReceived", 2.0, 6.0)
    assert it.last_at == rfc3339(now - MINUTE)
    assert "fewer" in http.get("/sources").text


def test_what_has_just_begun_has_no_usual(http: httpx.Client, shop: Shop, now: int) -> None:
    events.write(shop.clickhouse, sent("shop", "OrderPlaced", 5, now - MINUTE))
    [it] = told(http)["shop"].events
    assert (it.per_minute, it.usual_per_minute) == (0.5, None)
    assert "not known yet" in http.get("/sources").text


def test_how_old_events_are_when_they_come(http: httpx.Client, shop: Shop, now: int) -> None:
    events.write(shop.clickhouse, sent("shop", "OrderPlaced", 90, now - MINUTE, lag=2 * SECOND))
    events.write(shop.clickhouse, sent("shop", "OrderPlaced", 10, now - MINUTE + 1, lag=HOUR))
    [it] = told(http)["shop"].events
    assert it.lag is not None
    assert it.lag.median_s == pytest.approx(2, rel=0.01)
    assert it.lag.p95_s == pytest.approx(3600, rel=0.01)


def test_a_clock_that_is_ahead_makes_nothing_early(http: httpx.Client, shop: Shop, now: int) -> None:
    events.write(shop.clickhouse, sent("shop", "OrderPlaced", 1, now - MINUTE, lag=-HOUR))
    [it] = told(http)["shop"].events
    assert it.lag is not None and it.lag.median_s == 0


def test_what_is_silent_says_so(http: httpx.Client, shop: Shop, now: int) -> None:
    for name in ("PaymentReceived", "PaymentFailed"):
        events.write(shop.clickhouse, sent("payments", name, 1, now - DAY))
    put_silent(shop.database, "payments", "PaymentReceived", since=now - HOUR)
    by_name = {it.name: it.silent_since for it in told(http)["payments"].events}
    assert by_name == {"PaymentReceived": rfc3339(now - HOUR), "PaymentFailed": None}


def test_a_source_of_which_everything_is_refused_is_known(http: httpx.Client, shop: Shop, now: int) -> None:
    quarantine.write(shop.clickhouse, [row(str(number), now, source="billing") for number in range(3)])
    assert (told(http)["billing"].quarantined, told(http)["billing"].events) == (3, [])
    assert 'href="/quarantine?source=billing"' in http.get("/sources").text


def test_testimony_is_no_source(http: httpx.Client, shop: Shop, now: int) -> None:
    events.write(shop.clickhouse, sent("noshow", "confirmed", 1, now))
    assert told(http) == {}
    assert "Nobody has sent anything yet" in http.get("/sources").text


def test_collectors_tell_what_is_in_their_spool(http: httpx.Client, shop: Shop, now: int) -> None:
    with shop.database.begin() as connection:
        collectors.report(connection, Report("c-1", "host-7:12", now - SECOND, 1_234, 5), now)
    page = http.get("/sources").text
    for words in ("c-1", "host-7:12", "1,234 waiting", "5 that ClickHouse refuses"):
        assert words in page
