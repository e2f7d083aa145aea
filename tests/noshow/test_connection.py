"""What may come before a request is one: its head has an end, soon, and is not endless."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from noshow import connection
from tests.noshow.listening import listening

GET = b"GET / HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture
def url() -> Iterator[str]:
    app = FastAPI()

    @app.get("/")
    async def hello() -> str:
        return "hello"

    @app.post("/early")
    async def early(request: Request) -> Response:
        return Response(status_code=413)

    @app.post("/")
    async def echo(request: Request) -> int:
        return len(await request.body())

    with listening(app) as address:
        yield address


@pytest.fixture
def wire(url: str) -> Iterator[socket.socket]:
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port or 0)) as wire:
        yield wire


def everything(wire: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    return b"".join(iter(lambda: wire.recv(65_536), b""))


def until(wire: socket.socket, words: bytes) -> None:
    """Read until they come, or the end does."""
    answer = b""
    while words not in answer:
        more = wire.recv(65_536)
        assert more, answer
        answer += more


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET, GET + b"X-Slow: 1\r\n", b"\r\n\r\n"])
def test_a_head_that_does_not_end_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, wire: socket.socket, sent: bytes
) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.2)
    with socket.create_connection(wire.getpeername()) as later:  # made after the time was cut
        later.sendall(sent)
        answer = everything(later)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n") == bool(sent)


def test_so_does_that_of_a_later_request(monkeypatch: pytest.MonkeyPatch, wire: socket.socket) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.2)
    with socket.create_connection(wire.getpeername()) as later:
        later.sendall(GET + b"\r\n")
        until(later, b'"hello"')
        later.sendall(b"\r\n")
        assert b"408" in everything(later)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (GET + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n", 431),
        (GET + b"X-Many: x\r\n" * 10_000 + b"\r\n", 431),
        (b"GET /?" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        (GET + b"X-Endless: " + b"x" * 400_000, 431),
        (GET + b"X-Endless: x\r\n" * 40_000, 431),
    ],
    ids=["long", "many", "url", "endless", "endlessly many"],
)
def test_a_head_that_is_too_large_is_refused(url: str, wire: socket.socket, head: bytes, status: int) -> None:
    line = f"HTTP/1.1 {status} ".encode()
    try:
        wire.sendall(head)
        answer = everything(wire)
    except ConnectionError:
        answer = line  # ended while we were still sending
    assert answer.startswith(line)
    assert httpx.get(url).status_code == 200


def test_a_head_of_a_usual_size_and_a_large_body_are_taken(url: str) -> None:
    with httpx.Client(base_url=url, headers={"X-Long": "x" * 30_000}) as client:
        for _ in range(3):
            assert client.post("/", content=b"x" * 500_000).json() == 500_000


def test_what_is_answered_early_is_read_to_its_end_and_the_connection_goes_on(wire: socket.socket) -> None:
    wire.sendall(b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 300000\r\n\r\n" + b"x" * 150_000)
    assert wire.recv(65_536).startswith(b"HTTP/1.1 413 ")
    wire.sendall(b"x" * 150_000 + GET + b"\r\n")
    until(wire, b'"hello"')


def test_a_body_that_nobody_waits_for_does_not_hold_the_connection(
    monkeypatch: pytest.MonkeyPatch, wire: socket.socket
) -> None:
    monkeypatch.setattr(connection, "HEAD_TIMEOUT", 0.2)
    with socket.create_connection(wire.getpeername()) as later:
        later.sendall(b"POST /early HTTP/1.1\r\nHost: here\r\nContent-Length: 300000\r\n\r\n")
        assert later.recv(65_536).startswith(b"HTTP/1.1 413 ")
        later.sendall(b"x")
        assert everything(later) == b""


def test_more_connections_than_can_be_served_are_told_so(monkeypatch: pytest.MonkeyPatch, wire: socket.socket) -> None:
    wire.sendall(GET + b"\r\n")
    until(wire, b'"hello"')
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 1)
    with socket.create_connection(wire.getpeername()) as more:
        more.sendall(GET + b"\r\n")
        answer = everything(more)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in answer.lower()
    wire.sendall(GET + b"\r\n")
    until(wire, b'"hello"')  # those before go on


def test_a_web_socket_is_none(wire: socket.socket) -> None:
    wire.sendall(GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    until(wire, b'"hello"')
