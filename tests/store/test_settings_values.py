import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from store import settings_values as values
from store.secret import Secret

GOOD: list[tuple[Callable[[str], object], str, object]] = [
    (values.path, "a/b", Path("a/b")),
    (values.path, "~/x", Path.home() / "x"),
    (values.host, "127.0.0.1", "127.0.0.1"),
    (values.host, "::", "::"),
    (values.host, "noshow.example.org", "noshow.example.org"),
    (values.port, "0", 0),
    (values.port, "65535", 65_535),
    (values.count, "1", 1),
    (values.size, "1", 1),
    (values.size, "32MiB", 32 * 2**20),
    (values.size, "1 KiB", 1_024),
    (values.size, "2kB", 2_000),
    (values.size, "1GB", 10**9),
    (values.span, "1d12h", 129_600_000_000),
    (values.flag, "True", True),
    (values.flag, "false", False),
    (values.web_address, "https://noshow.example.org/", "https://noshow.example.org"),
    (values.endpoint_address, "https://x/a/?b=c", "https://x/a/?b=c"),
    (values.clickhouse_url, "https://u:p@x:8443", Secret("https://u:p@x:8443")),
    (values.database_url, "sqlite:////tmp/x", Secret("sqlite:////tmp/x")),
    (values.database_url, "postgresql://u:p@x/db", Secret("postgresql://u:p@x/db")),
]

BAD: list[tuple[Callable[[str], object], list[str], str]] = [
    (values.path, ["", "a\0b"], "expected a path"),
    (values.host, ["", "a b", "http://x", "x/y", "-x", "1.2.3.4:80"], "expected a host name or an address"),
    (values.port, ["", "-1", "65536", "80a", "8_0", "٨", "1e3"], "expected a port, 0 to 65535"),
    (values.count, ["", "0", "-1", "1.5", "many", "1e3"], "expected a whole number, 1 or more"),
    (values.size, ["", "0", "-1", "MiB", "1XB", "1.5MiB", "1MiBs"], "expected a size such as 32MiB"),
    (values.span, ["0s", "PT0S"], "expected a duration above zero"),
    (values.span, ["", "1", "soon"], "expected a duration such as"),
    (values.flag, ["", "yes", "1", "on"], "expected true or false"),
    (
        values.web_address,
        ["", "x", "ftp://x", "https://", "http://[::1", "http://x:y"],
        "expected a URL such as https://",
    ),
    (values.endpoint_address, ["", "x", "ftp://x", "https://", "mailto:a@b"], "expected a URL such as https://"),
    (
        values.clickhouse_url,
        ["", "x", "clickhouse://x", "http://", "http://x:99999"],
        "expected a URL such as http://user",
    ),
    (values.database_url, ["", "x", "mysql://x", "postgres://x"], "expected a URL such as postgresql"),
]


@pytest.mark.parametrize(("parse", "text", "value"), GOOD)
def test_good(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(("parse", "text", "expected"), [(p, text, e) for p, texts, e in BAD for text in texts])
def test_bad(parse: Callable[[str], object], text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse(text)


@pytest.mark.parametrize(("length", "good"), [(23, False), (24, True), (32, True), (64, True), (65, False)])
def test_webhook_secrets_have_24_to_64_bytes(length: int, good: bool) -> None:
    text = "whsec_" + base64.b64encode(bytes(length)).decode()
    if good:
        assert values.webhook_secret(text) == Secret(text)
    else:
        with pytest.raises(ValueError, match="24 to 64"):
            values.webhook_secret(text)


@pytest.mark.parametrize("text", ["", "whsec_", "A" * 32, "whsec_" + "A" * 31, "whsec_" + "é" * 32])
def test_webhook_secrets_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected whsec_ followed by the base64"):
        values.webhook_secret(text)
