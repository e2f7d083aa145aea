"""Where a request comes from, by what the connection and the headers say."""

import pytest
from starlette.requests import Request

from api.access.origin import from_elsewhere, is_loopback, not_local

HOST = ("host", "localhost:8080")


def request(
    *headers: tuple[str, str], client: str | None = "127.0.0.1", server: str = "127.0.0.1", method: str = "GET"
) -> Request:
    return Request(
        {
            "type": "http",
            "method": method,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": None if client is None else (client, 50_000),
            "server": (server, 8080),
        }
    )


@pytest.mark.parametrize("host", ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "127.1.2.3:8080", "[::1]:8080"])
def test_this_machine_by_its_own_names(host: str) -> None:
    assert not_local(request(("host", host))) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("rebound.example:8080", "rebound.example", "localhost", "localhost:80", "127.0.0.1:9090", "[::1]"),
        *("", ":8080", "localhost.:8080", "localhost.evil.example:8080", "evil@localhost:8080"),
        *("localhost:8080@evil", "0:8080", "127.1:8080", "2130706433:8080", "0.0.0.0:8080", "[::]:8080"),
        *("localhost:8080, evil", "localhost: 8080", "localhost:99999"),
    ],
)
def test_another_name_is_not_ours(host: str) -> None:
    assert "its Host is not this machine" in not_local(request(("host", host)))


def test_none_or_two_hosts_are_no_name() -> None:
    assert not_local(request()) != ""
    assert not_local(request(HOST, HOST)) != ""


@pytest.mark.parametrize(
    ("client", "server", "local"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.168.1.7", "127.0.0.1", False),
        ("127.0.0.1", "192.168.1.7", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
        ("127.0.0.1", "/run/noshow.sock", False),
    ],
)
def test_both_ends_are_of_this_machine(client: str | None, server: str, local: bool) -> None:
    assert (not_local(request(HOST, client=client, server=server)) == "") == local


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip", "via"]
)
def test_what_was_passed_on_is_of_somebody_else(name: str) -> None:
    assert not_local(request(HOST, (name, ""))) == f"it was passed on ({name})"


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ((), False),
        ((("sec-fetch-site", "same-origin"),), False),
        ((("sec-fetch-site", "none"),), False),
        ((("sec-fetch-site", "same-site"),), True),
        ((("sec-fetch-site", "cross-site"),), True),
        ((("sec-fetch-site", ""),), True),
        ((("origin", "http://localhost:8080"),), False),
        ((("origin", "https://noshow.example"),), False),
        ((("origin", "http://localhost:9090"),), True),
        ((("origin", "https://evil.example"),), True),
        ((("origin", "null"),), True),
        ((("origin", ""),), True),
        ((("origin", "http://["),), True),
        ((("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")), True),
    ],
)
def test_whether_it_is_of_another_page(headers: tuple[tuple[str, str], ...], elsewhere: bool) -> None:
    assert from_elsewhere(request(HOST, *headers, method="POST"), "noshow.example") == elsewhere


def test_without_a_public_name_an_origin_that_is_none_is_not_ours() -> None:
    assert from_elsewhere(request(HOST, ("origin", "null"), method="POST"), "")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("example", False)],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
