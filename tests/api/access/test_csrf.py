"""Tokens of forms: bound to the session, another each time."""

import inspect

import pytest

from api.access.csrf import fits, make


def test_one_fits_its_session_and_no_other() -> None:
    assert fits("session", make("session"))
    assert not fits("session", make("another"))


def test_each_is_another() -> None:
    assert make("session") != make("session")


@pytest.mark.parametrize("token", ["", ".", "nonce", "nonce.", ".signature", "ä.ä", "nonce.signature.x"])
def test_what_is_none_does_not_fit(token: str) -> None:
    assert not fits("session", token)


def test_a_signature_is_not_that_of_another_nonce() -> None:
    nonce, _, signature = make("session").partition(".")
    assert not fits("session", f"{nonce}x.{signature}")
    assert not fits("session", f"{nonce}.{signature[:-1]}")


def test_they_are_compared_in_constant_time() -> None:
    assert "hmac.compare_digest" in inspect.getsource(fits)
