"""Who is let in without a token, by the settings."""

import pytest

from api.access.policy import Policy
from store.settings import Anonymous, load


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Anonymous.LOOPBACK),
        ({"host": "localhost"}, Anonymous.LOOPBACK),
        ({"host": "::1"}, Anonymous.LOOPBACK),
        ({"host": "0.0.0.0"}, Anonymous.NEVER),
        ({"host": "192.168.1.7"}, Anonymous.NEVER),
        ({"public_url": "https://noshow.example.org"}, Anonymous.NEVER),
        ({"public_url": "http://127.0.0.1:9090"}, Anonymous.LOOPBACK),
        ({"access.anonymous": "never"}, Anonymous.NEVER),
        ({"access.anonymous": "always", "host": "0.0.0.0"}, Anonymous.ALWAYS),
    ],
)
def test_this_machine_only_where_nobody_else_can_be_meant(given: dict[str, str], expected: Anonymous) -> None:
    assert Policy.of(load({}, overrides=given)).anonymous is expected


def test_cookies_are_secure_where_people_come_by_https() -> None:
    assert not Policy.of(load({})).secure
    policy = Policy.of(load({}, overrides={"public_url": "https://noshow.example.org:8443/"}))
    assert (policy.secure, policy.public) == (True, "noshow.example.org:8443")
