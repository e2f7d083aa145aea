"""`noshow tokens` as a process, and the first token of a server on this machine."""

import re
import sqlite3
from pathlib import Path

import httpx
import pytest

from api.access import people, tokens
from api.access.identity import Scope
from api.access.people import Person
from noshow.stores import Stores
from noshow.welcome import FIRST, first_token
from reconcile.teams import EVERY_TEAM
from store.database import Database
from store.settings import load
from store.tenancy import Tenancy
from tests.conftest import NOON
from tests.end_to_end.orders import RULES, orders
from tests.end_to_end.process import noshow as serving
from tests.noshow.command import noshow

TOKEN = re.compile(r"noshow_[0-9a-f]{16}_[\w-]{43}")


@pytest.fixture
def data(tmp_path: Path, database: Database) -> Path:
    """A data directory; its database is the one that the fixture made."""
    assert (tmp_path / "noshow.sqlite").exists()
    return tmp_path


def test_a_token_stands_alone_on_standard_output(data: Path) -> None:
    done = noshow("tokens", "create", "shop", "--scope", "ingest", "--expires", "90d", "--data", data)
    assert done.code == 0
    assert TOKEN.fullmatch(done.out.removesuffix("\n"))
    assert "not shown again; valid until 2" in done.err
    assert done.out.strip() not in done.err


def test_rotate_list_and_revoke(data: Path) -> None:
    old = noshow(
        *("tokens", "create", "anna", "--scope", "operate", "--scope", "ingest"),
        *("--team", "payments", "--source", "shop", "--data", data),
    )
    new = noshow("tokens", "rotate", "anna", "--overlap", "0s", "--data", data)
    assert "the old one ends now" in new.err
    listed = noshow("tokens", "list", "--data", data)
    head, first, second = listed.out.splitlines()
    assert head.split() == ["id", "name", "scopes", "team", "source", "made", "by", "state"]
    assert "anna  ingest operate  payments  shop" in first
    assert (" ended 2" in first, second.endswith(" valid")) == (True, True)
    for secret in (old.out, new.out):
        assert secret.strip().split("_", 2)[2] not in listed.out
    assert noshow("tokens", "revoke", new.out.split("_")[1], "--data", data).code == 0
    assert " revoked 2" in noshow("tokens", "list", "--data", data).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "shop"), "Missing option '--scope'"),
        (("create", "shop", "--scope", "all"), "'all' is not one of"),
        (("create", "two words", "--scope", "read"), "expected a name"),
        (("create", "shop", "--scope", "read", "--source", "x"), "expected the scope ingest"),
        (("create", "shop", "--scope", "read", "--expires", "soon"), "--expires soon: expected a duration"),
        (("create", "shop", "--scope", "read", "--expires", "0s"), "expected an end that lies in the future"),
        (("rotate", "nobody"), "there is no valid token called nobody"),
        (("rotate", "nobody", "--overlap", "-1d"), "must not be negative"),
        (("revoke", "0000"), "there is no token 0000"),
    ],
)
def test_what_is_wrong_is_one_clear_message(data: Path, arguments: tuple[str, ...], words: str) -> None:
    done = noshow("tokens", *arguments, "--data", data)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_people_are_listed_and_forgotten(data: Path, database: Database) -> None:
    with database.begin() as connection:
        people.know(connection, Person("anna", "https://login.example", "u-1", frozenset(), EVERY_TEAM), NOON)
    assert "anna  https://login.example  u-1" in noshow("people", "list", "--data", data).out
    assert noshow("people", "forget", "anna", "--data", data).code == 0
    assert "anna" not in noshow("people", "list", "--data", data).out
    again = noshow("people", "forget", "anna", "--data", data)
    assert (again.code, "nobody called anna has signed in" in again.err) == (2, True)


def test_a_directory_without_a_database_is_not_made(tmp_path: Path) -> None:
    done = noshow("tokens", "list", "--data", tmp_path / "typo")
    assert (done.code, "no database is there" in done.err) == (2, True)
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    ("embedded", "host", "made"), [(True, "127.0.0.1", True), (True, "0.0.0.0", False), (False, "127.0.0.1", False)]
)
def test_only_an_embedded_server_of_this_machine_makes_the_first(
    tmp_path: Path, database: Database, embedded: bool, host: str, made: bool
) -> None:
    settings = load({}, overrides={"data": str(tmp_path), "host": host})
    # ClickHouse has no part in it.
    opened = Stores(None, database, Tenancy(tmp_path) if embedded else None)  # type: ignore[arg-type]
    text = first_token(opened, settings, NOON)
    assert bool(text) == made
    if made:
        assert first_token(opened, settings, NOON) == "", "there is one now"
        with database.begin() as connection:
            [token] = tokens.listing(connection)
        assert (token.name, len(token.scopes), token.created_by) == (FIRST, len(Scope), "noshow")


@pytest.mark.processes
def test_the_first_token_is_shown_once_and_commands_show_it(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(orders(5).lines))
    with serving(tmp_path / "noshow", {"orders.yaml": RULES}) as running:
        [token] = set(TOKEN.findall(running.log()))
        [link] = re.findall(r"http://\S+\?code=\S+", running.log())
        assert httpx.get(link).status_code == 303
        done = noshow("events", "import", file, "--url", running.url, environ={"NOSHOW_TOKEN": token})
        assert done.code == 0, done.err
        made = noshow("tokens", "create", "look", "--scope", "read", "--data", tmp_path / "noshow" / "data")
        refused = noshow("events", "import", file, "--url", running.url, "--token", made.out.strip())
        assert (refused.code, "This needs the scope ingest" in refused.err) == (3, True)
        wrong = noshow("events", "import", file, "--url", running.url, "--token", "wrong")
        assert (wrong.code, "give a token as NOSHOW_TOKEN" in wrong.err) == (3, True)
        running.stop()
        running.start()
        assert running.log().count(token) == 1, "never again"
        running.stop()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "noshow" / "data").rglob("*.sqlite*"))
    assert token.split("_", 2)[2].encode() not in kept
    with sqlite3.connect(tmp_path / "noshow" / "data" / "noshow.sqlite") as connection:
        told = connection.execute("SELECT actor, what FROM audit WHERE what LIKE 'token.%' ORDER BY id").fetchall()
    connection.close()
    assert [what for _, what in told] == ["token.issued", "token.issued"]
