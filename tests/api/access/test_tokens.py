"""Tokens: what is kept of them, how long they are valid, and how one takes the place of another."""

import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from sqlalchemy import Connection, select

from api.access import tokens
from api.access.errors import BadGrant, NameTaken, NoSuchToken, TokenError, TwoValid
from api.access.identity import Scope
from api.access.tokens import Grant, Token, digest, issue, listing, revoke, rotate, verify
from reconcile.actor import Actor, ActorKind
from store.database import Database
from store.event import DAY, HOUR
from store.tables import audit, metadata
from tests.api.access.bearer import OPERATOR
from tests.conftest import NOON

READS = frozenset({Scope.READ})
SENDS = frozenset({Scope.INGEST})


@pytest.fixture
def connection(any_database: Database) -> Iterator[Connection]:
    with any_database.begin() as connection:
        yield connection


def grant(name: str = "shop", team: str = "", expires_at: int | None = None) -> Grant:
    return Grant(name, READS, team, expires_at)


def known(connection: Connection, text: str, now: int = NOON) -> Token:
    token = verify(connection, text, now)
    assert token is not None
    return token


def test_a_token_is_whom_it_was_made_for(connection: Connection) -> None:
    text = issue(connection, Grant("anna", frozenset({Scope.READ, Scope.OPERATE}), "payments"), OPERATOR, NOON)
    token = known(connection, text)
    assert (token.name, token.team, token.created_by, token.created_at) == ("anna", "payments", "root", NOON)
    identity = token.identity(ActorKind.TOKEN)
    assert identity.actor == Actor(ActorKind.TOKEN, "anna")
    assert identity.scopes == {Scope.READ, Scope.OPERATE}


def test_the_database_holds_no_secret(connection: Connection) -> None:
    text = issue(connection, grant(), OPERATOR, NOON)
    rotated = rotate(connection, "shop", DAY, OPERATOR, NOON)
    for table in metadata.sorted_tables:
        for row in connection.execute(select(table)):
            for value, whole in product(row, (text, rotated)):
                assert whole.split("_", 2)[2] not in str(value), table.name


def test_secrets_are_compared_in_constant_time() -> None:
    assert "hmac.compare_digest(digest(" in inspect.getsource(verify)


@pytest.mark.parametrize("change", ["secret", "id", "case", "longer", "prefix", "empty", "nul", "spaces", "umlaut"])
def test_what_is_not_quite_a_token_is_none(connection: Connection, change: str) -> None:
    text = issue(connection, grant(), OPERATOR, NOON)
    prefix, id_, secret = text.split("_", 2)
    changed = {
        "secret": f"{prefix}_{id_}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        "id": f"{prefix}_{'0' * 16}_{secret}",
        "case": text.upper(),
        "longer": text + "A",
        "prefix": text.removeprefix("noshow_"),
        "empty": "",
        "nul": text + "\0",
        "spaces": f" {text}",
        "umlaut": f"{prefix}_{id_}_{'ä' * 43}",
    }
    assert verify(connection, changed[change], NOON) is None


def test_a_token_ends_at_its_instant(connection: Connection) -> None:
    text = issue(connection, grant(expires_at=NOON + HOUR), OPERATOR, NOON)
    assert verify(connection, text, NOON + HOUR - 1) is not None
    assert verify(connection, text, NOON + HOUR) is None


def test_rotation_makes_one_that_permits_the_same_and_ends_the_old_one(connection: Connection) -> None:
    old = issue(connection, grant(team="payments", expires_at=NOON + 90 * DAY), OPERATOR, NOON)
    new = rotate(connection, "shop", DAY, OPERATOR, NOON + 80 * DAY)
    token = known(connection, new, NOON + 80 * DAY)
    assert (token.team, token.scopes) == ("payments", READS)
    assert token.expires_at == NOON + 170 * DAY, "as long a life as that of the old one"
    assert verify(connection, old, NOON + 81 * DAY - 1) is not None
    assert verify(connection, old, NOON + 81 * DAY) is None


def test_a_token_of_a_source_keeps_it_when_it_is_rotated(connection: Connection) -> None:
    issue(connection, Grant("shop", SENDS, source="payments"), OPERATOR, NOON)
    token = known(connection, rotate(connection, "shop", DAY, OPERATOR, NOON))
    assert (token.source, token.identity(ActorKind.TOKEN).source) == ("payments", "payments")
    details = [row.detail for row in connection.execute(select(audit))]
    assert len(details) == 2
    assert all('"source":"payments"' in detail for detail in details)


@pytest.mark.parametrize(
    ("scopes", "source", "words"),
    [
        (READS, "payments", "expected the scope ingest"),
        (SENDS, "noshow", "is reserved"),
        (SENDS, "a\nb", "expected the name of a source"),
        (SENDS, "é" * 129, "expected the name of a source"),
    ],
)
def test_a_source_that_can_not_be(connection: Connection, scopes: frozenset[Scope], source: str, words: str) -> None:
    with pytest.raises(BadGrant, match=words):
        issue(connection, Grant("shop", scopes, source=source), OPERATOR, NOON)


def test_the_overlap_never_prolongs_the_old_one(connection: Connection) -> None:
    old = issue(connection, grant(expires_at=NOON + HOUR), OPERATOR, NOON)
    rotate(connection, "shop", DAY, OPERATOR, NOON)
    assert verify(connection, old, NOON + HOUR) is None


def test_without_an_overlap_the_old_one_ends_at_once(connection: Connection) -> None:
    old = issue(connection, grant(), OPERATOR, NOON)
    new = rotate(connection, "shop", 0, OPERATOR, NOON)
    assert verify(connection, old, NOON) is None
    assert known(connection, new).expires_at is None


def test_two_of_one_name_are_valid_at_a_time_and_no_more(connection: Connection) -> None:
    first = issue(connection, grant(), OPERATOR, NOON)
    second = rotate(connection, "shop", DAY, OPERATOR, NOON)
    with pytest.raises(NameTaken, match="valid token called shop"):
        issue(connection, grant(), OPERATOR, NOON)
    with pytest.raises(TwoValid, match="two tokens called shop are valid"):
        rotate(connection, "shop", DAY, OPERATOR, NOON)
    revoke(connection, known(connection, first).id, OPERATOR, NOON)
    third = rotate(connection, "shop", DAY, OPERATOR, NOON)
    assert [verify(connection, text, NOON) is not None for text in (first, second, third)] == [False, True, True]


def test_a_name_may_be_used_again_once_its_token_has_ended(connection: Connection) -> None:
    issue(connection, grant(expires_at=NOON + HOUR), OPERATOR, NOON)
    issue(connection, grant(), OPERATOR, NOON + HOUR)
    assert [token.valid(NOON + HOUR) for token in listing(connection)] == [False, True]


def test_of_two_who_make_a_token_of_one_name_one_wins(any_database: Database) -> None:
    def make(_: int) -> bool:
        try:
            with any_database.begin() as connection:
                issue(connection, grant(), OPERATOR, NOON)
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 1


def test_a_revoked_token_is_none_and_is_revoked_once(connection: Connection) -> None:
    text = issue(connection, grant(), OPERATOR, NOON)
    id_ = known(connection, text).id
    assert revoke(connection, id_, OPERATOR, NOON).revoked_at == NOON
    assert verify(connection, text, NOON) is None
    for unknown in (id_, "0" * 16, ""):
        with pytest.raises(NoSuchToken):
            revoke(connection, unknown, OPERATOR, NOON)
    with pytest.raises(NoSuchToken, match="no valid token called shop"):
        rotate(connection, "shop", DAY, OPERATOR, NOON)


@pytest.mark.parametrize("name", ["", "two words", "a" * 65, "-dash", "line\n", "nul\0", "anonymous", "noshow", "a/b"])
def test_a_name_that_can_not_be(connection: Connection, name: str) -> None:
    with pytest.raises(BadGrant, match="expected a name"):
        issue(connection, grant(name), OPERATOR, NOON)


@pytest.mark.parametrize("name", ["anna", "anna@example.org", "Jürgen", "payments-service.2", "a" * 64, "0"])
def test_a_name_that_can_be(connection: Connection, name: str) -> None:
    assert known(connection, issue(connection, grant(name), OPERATOR, NOON)).name == name


@pytest.mark.parametrize(
    "bad", [grant(team="a\nb"), grant(team="a" * 201), grant(expires_at=NOON), Grant("shop", frozenset())]
)
def test_what_can_not_be_granted(connection: Connection, bad: Grant) -> None:
    with pytest.raises(TokenError, match="expected"):
        issue(connection, bad, OPERATOR, NOON)


def test_every_change_is_in_the_audit_trail(connection: Connection) -> None:
    issue(connection, grant(), OPERATOR, NOON)
    rotate(connection, "shop", 0, OPERATOR, NOON + 1)
    revoke(connection, listing(connection)[-1].id, OPERATOR, NOON + 2)
    rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    assert [row.what for row in rows] == ["token.issued", "token.rotated", "token.revoked"]
    assert {(row.actor_kind, row.actor) for row in rows} == {("person", "root")}
    assert all('"name":"shop"' in row.detail for row in rows)


def test_the_hash_is_that_of_the_secret_part_alone() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tokens.LONGEST_TEAM == 200
