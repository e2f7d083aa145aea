"""`/quarantine`: the groups, one of them, one event with its bytes; looked at, taken, put aside."""

from collections.abc import Iterator, Sequence

import httpx
import pytest

from api.access.identity import Scope
from api.app import create_app
from store import quarantine
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND, Event
from store.events import history
from store.quarantine import COUNTED, Content, Wanted, Why
from tests.api.person import PAGE, Person, signed_in, words
from tests.api.server import serving
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.store.refused import row

SCRIPT = b'{"name": "<script>alert(1)</script>"}'


def again(content: Content, now: int) -> Sequence[Event] | Why:
    if content.data.startswith(b"\xff"):
        return Why("", "nothing can read it", "nothing can read it")
    return [Event(content.id, "o-1", "A", NOON, "shop", received_at=now)]


@pytest.fixture
def address(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> Iterator[str]:
    shop = [row(f"shop-{number}", NOON + number * SECOND, data=SCRIPT) for number in range(3)]
    counted = row("more", NOON, state=COUNTED, number=1_000, data=b"")
    odd = row("odd", NOON - SECOND, source="", data=b"\xff<b>\x00" * 9, form="otlp-logs", fault="odd")
    quarantine.write(clickhouse, [*shop, counted, odd])
    with serving(create_app(clickhouse, database, clock, again=again)) as address:
        yield address


@pytest.fixture
def anna(address: str, database: Database) -> Iterator[Person]:
    with signed_in(address, database, Scope.OPERATE, name="anna") as person:
        yield person


@pytest.fixture
def group(clickhouse: ClickHouse) -> str:
    return quarantine.groups(clickhouse, Wanted(source="shop"), NOON, 1)[0].id


def test_groups_come_first_and_the_bar_counts(anna: Person, group: str) -> None:
    page = anna.get("/quarantine")
    assert f'href="/quarantine?group={group}"' in page
    assert "3 and 1,000 counted" in words(page)
    assert "Quarantine 4" in words(anna.get("/rules"))


def test_a_group_has_its_events_and_what_can_be_done(anna: Person, group: str) -> None:
    page = anna.get(f"/quarantine?group={group}")
    assert page.count('href="/quarantine/shop-') == 3
    assert "Put all 3 aside" in words(page)


def test_what_is_sent_is_shown_and_not_run(anna: Person) -> None:
    page = anna.get("/quarantine/shop-1")
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    odd = anna.get("/quarantine/odd")
    assert "ff 3c 62 3e 00" in odd
    assert "·&lt;b&gt;·" in odd


def test_a_group_is_looked_at_and_then_taken(anna: Person, group: str, clickhouse: ClickHouse) -> None:
    anna.get(f"/quarantine?group={group}")
    assert "3 of 3 would be taken now" in words(anna.send("/quarantine/preview", group=group))
    assert history(clickhouse, "o-1") == []
    page = anna.send("/quarantine/replay", group=group)
    assert "3 events are taken." in words(page)
    assert len(history(clickhouse, "o-1")) == 3
    assert "shop-1" not in page


def test_what_is_refused_still_says_why(anna: Person) -> None:
    anna.get("/quarantine/odd")
    page = words(anna.send("/quarantine/preview", id="odd"))
    assert "0 of 1 would be taken now" in page
    assert "1 still: nothing can read it" in page


def test_to_put_aside_takes_a_reason(anna: Person, clickhouse: ClickHouse) -> None:
    anna.get("/quarantine/odd")
    anna.send("/quarantine/discard", 400, id="odd")
    assert quarantine.count(clickhouse, Wanted(), NOON) == 4
    assert "1 event is put aside." in words(anna.send("/quarantine/discard", id="odd", reason="a scanner"))
    assert "by anna" in words(anna.get("/quarantine?state=discarded"))


def test_whoever_only_reads_sees_what_is_wrong_and_no_bytes(address: str, database: Database, group: str) -> None:
    with signed_in(address, database) as reader:
        page = reader.get(f"/quarantine?group={group}")
        assert "/quarantine/shop-1" not in page
        assert "needs the scope operate" in words(page)
        reader.get("/quarantine/shop-1", 403)
        reader.get("/quarantine?q=script", 403)


def test_an_empty_one_says_so(clickhouse: ClickHouse, database: Database, clock: ManualClock) -> None:
    with serving(create_app(clickhouse, database, clock)) as address:
        page = words(httpx.get(f"{address}/quarantine", headers=PAGE).text)
    assert "Nothing was refused" in page
