"""What a browser takes along: bound to its secret, for ten minutes."""

import pytest

from api.access.oidc.ticket import LIFETIME, LONGEST_PATH, accept, issue
from tests.conftest import NOON

SECRET = "of this browser"


def test_it_comes_back_as_it_went() -> None:
    ticket = issue(SECRET, "/orders/a/ü", NOON)
    assert accept(SECRET, ticket.state, NOON + LIFETIME - 1) == ticket
    assert ticket.then == "/orders/a/ü"
    assert len({ticket.state, ticket.nonce, ticket.verifier}) == 3
    assert len(ticket.verifier) == 43, "as PKCE has it"


def test_no_two_are_alike() -> None:
    first, second = (issue(SECRET, "/", NOON) for _ in range(2))
    assert {first.state, first.nonce, first.verifier}.isdisjoint({second.state, second.nonce, second.verifier})


@pytest.mark.parametrize("secret", ["", "of another"])
def test_it_is_of_one_browser(secret: str) -> None:
    assert accept(secret, issue(SECRET, "/", NOON).state, NOON) is None
    assert accept("", issue("", "/", NOON).state, NOON) is None


def test_it_does_not_last() -> None:
    state = issue(SECRET, "/", NOON).state
    assert accept(SECRET, state, NOON + LIFETIME) is None
    assert accept(SECRET, state, NOON - 1) is None


def test_the_secret_is_in_none_of_it_nor_the_verifier_in_the_state() -> None:
    ticket = issue(SECRET, "/", NOON)
    assert SECRET not in f"{ticket.state}{ticket.nonce}{ticket.verifier}"
    assert ticket.verifier not in ticket.state


def test_a_path_that_is_long_is_left_behind() -> None:
    assert issue(SECRET, "/" + "x" * LONGEST_PATH, NOON).then == ""
