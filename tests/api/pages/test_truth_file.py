"""A CSV of truth on the dashboard: what is wrong with it, what it would change, and that it is applied as one."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from api.access.identity import Scope
from api.app import create_app
from api.pages import truth_file
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR
from store.tables import audit, testimony
from tests.api.person import Person, signed_in, words
from tests.api.server import serving
from tests.reconcile.desk import NOON
from tests.reconcile.office import Office, office, rule
from tests.store.clock import ManualClock

HEADER = "correlation_id,step,word,reason\r\n"
ROWS = f"""{HEADER}a,PaymentReceived,confirmed,in the ledger
b,PaymentReceived,absent,not there
z,PaymentReceived,absent,
"""


@pytest.fixture
def shop(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[Office]:
    """Two payments of which nothing was heard."""
    with office(clickhouse, database, tmp_path, rule("https://pay.example")) as shop:
        for order in ("a", "b"):
            shop.happens(order, 0, "PaymentRequested", amount=48.5, currency="EUR")
        shop.judge(HOUR)
        yield shop


@pytest.fixture
def anne(shop: Office) -> Iterator[Person]:
    app = create_app(shop.clickhouse, shop.database, ManualClock(NOON + 2 * HOUR), rulebook=shop.rulebook)
    with serving(app) as at, signed_in(at, shop.database, Scope.OPERATE, name="anne") as person:
        yield person


def upload(person: Person, text: str, status: int = 200) -> str:
    """By a file, as a browser sends it."""
    answer = person.http.post(
        "/truth/file/preview", data={"csrf": person.csrf}, files={"csv": ("truth.csv", text.encode(), "text/csv")}
    )
    assert answer.status_code == status, answer.text
    return answer.text


def hidden(page: str) -> dict[str, str]:
    """What the form to apply carries along."""
    fingerprint = re.search(r'name="fingerprint" value="([^"]+)"', page)
    content = re.search(r'<textarea name="csv" hidden>([^<]*)</textarea>', page)
    assert fingerprint and content
    return {"fingerprint": fingerprint[1], "csv": unescape(content[1])}


def told(shop: Office) -> int:
    with shop.database.read() as connection:
        return len(connection.execute(select(testimony)).all())


def test_nothing_is_changed_by_looking(anne: Person, shop: Office) -> None:
    page = words(upload(anne, ROWS))
    assert "2 of 3 lines change something" in page
    assert "confirms 1 denies 1 unknown order 1 At risk 97 EUR" in page
    assert "Would confirm missing PaymentReceived of a." in page
    assert "Z is not known here." in page
    assert told(shop) == 0


def test_it_is_applied_as_one_with_a_reason(anne: Person, shop: Office) -> None:
    form = hidden(upload(anne, ROWS))
    assert "reason" in words(anne.send("/truth/file", 400, **form))
    page = words(anne.send("/truth/file", **form, reason="the ledger of yesterday"))
    assert "2 corrections were applied, as one entry of the audit trail." in page
    with shop.database.read() as connection:
        [entry] = connection.execute(select(audit).where(audit.c.what == "truth.file")).all()
    assert (entry.actor, entry.why, told(shop)) == ("anne", "the ledger of yesterday", 2)
    page = words(anne.send("/truth/file", 409, **form, reason="once more"))
    assert "nothing is left to change" in page.lower()


def test_another_file_than_the_one_looked_at_is_refused(anne: Person, shop: Office) -> None:
    form = hidden(upload(anne, ROWS))
    form["csv"] = form["csv"].replace("a,PaymentReceived,confirmed", "a,PaymentReceived,absent")
    assert "not the file that was looked at" in words(anne.send("/truth/file", 409, **form, reason="hm"))
    assert told(shop) == 0


def test_every_line_that_is_wrong_is_named(anne: Person) -> None:
    page = words(upload(anne, HEADER + "a,PaymentReceived,maybe,\r\n,PaymentReceived,absent,\r\n", 400))
    assert "The file can't be taken" in page and "line 2, word" in page and "line 3, correlation_id" in page


def test_lines_can_be_pasted(anne: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "2 of 3 lines" in words(anne.send("/truth/file/preview", text=ROWS))
    assert "There is nothing in it" in words(anne.send("/truth/file/preview", 400))
    monkeypatch.setattr(truth_file, "LARGEST", 10)
    assert "It is larger than" in words(anne.send("/truth/file/preview", 413, text=ROWS))
