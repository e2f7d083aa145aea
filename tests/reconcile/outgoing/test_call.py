"""A call over a real socket: what is sent, what is read, and whether the other side may have acted on it."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from fastapi import Response

from reconcile.outgoing.call import LARGEST, Caller, NoReply, Reply
from tests.reconcile.receiver import Receiver, raw_server, receiver

CALL = Caller(allow_private=True)
HASTY = Caller(allow_private=True, timeout=0.3)


def raw(talk: Callable[[socket.socket], None], caller: Caller = CALL, body: bytes = b"{}") -> Reply | NoReply:
    with raw_server(talk) as port:
        return caller("POST", f"http://127.0.0.1:{port}/x", {}, body)


def test_the_other_side_gets_what_was_given() -> None:
    with receiver() as there:
        answer = CALL("POST", f"{there.url}?a=%2F%20b&c=..", {"X-Name": "Zoë", "User-Agent": "us"}, b'{"a": 1}')
    [got] = there.received
    assert isinstance(answer, Reply) and answer.status == 204
    assert got.path == "/hooks/noshow-a1b2c3"
    assert got.headers["x-name"].encode("latin-1") == "Zoë".encode()
    assert (got.headers["user-agent"], got.headers["content-length"], got.body) == ("us", "8", '{"a": 1}')


def test_a_path_keeps_what_is_quoted_in_it() -> None:
    line: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        line.append(connection.recv(4096).split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    with raw_server(talk) as port:
        CALL("GET", f"http://127.0.0.1:{port}/a%2Fb%3F%2e/c?d=%26", {})
    assert line == [b"GET /a%2Fb%3F%2e/c?d=%26 HTTP/1.1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with receiver(lambda _: Response(status_code=status, headers={"Location": "/elsewhere"})) as there:
        answer = CALL("POST", there.url, {}, b"{}")
    assert isinstance(answer, Reply) and (answer.status, answer.headers["location"]) == (status, "/elsewhere")
    assert len(there.received) == 1


def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    with receiver(lambda _: Response(b"x" * (4 * LARGEST))) as there:
        answer, little = CALL("POST", there.url, {}), CALL("POST", there.url, {}, b"", 10)
    assert isinstance(answer, Reply) and answer.body == b"x" * LARGEST
    assert isinstance(little, Reply) and little.body == b"x" * 10


def test_an_answer_without_an_end_is_still_an_answer() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 402 No\r\ncontent-length: 100\r\n\r\nno funds")

    answer = raw(talk)
    assert isinstance(answer, Reply) and (answer.status, answer.body) == (402, b"no funds")


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        yield bound.getsockname()[1]


def test_where_nobody_listens_nothing_was_sent(closed_port: int) -> None:
    answer = CALL("POST", f"http://127.0.0.1:{closed_port}/", {})
    assert isinstance(answer, NoReply) and not answer.sent and not answer.refused


def test_where_the_name_is_nobodys_nothing_was_sent() -> None:
    answer = CALL("POST", "http://nobody.invalid/", {})
    assert isinstance(answer, NoReply) and not answer.sent


def test_a_private_address_is_refused_and_nothing_is_sent() -> None:
    with receiver() as there:
        answer = Caller(allow_private=False)("POST", there.url, {})
    assert isinstance(answer, NoReply) and (answer.sent, answer.refused) == (False, True)
    assert there.received == []


@pytest.mark.parametrize("url", ["", "ftp://x.example/", "http://", "http://[::1", "http://x.example:99999999/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    answer = CALL("POST", url, {})
    assert isinstance(answer, NoReply) and not answer.sent


def hangs_up(connection: socket.socket) -> None:
    connection.recv(4096)


def hangs_up_in_the_middle(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 20")


def talks_nonsense(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"what?\r\n\r\n")


@pytest.mark.parametrize("talk", [hangs_up, hangs_up_in_the_middle, talks_nonsense])
def test_what_was_sent_and_not_answered_may_have_been_acted_on(talk: Callable[[socket.socket], None]) -> None:
    answer = raw(talk)
    assert isinstance(answer, NoReply) and answer.sent


def test_so_may_what_is_not_answered_in_time() -> None:
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        over.wait(60)

    with raw_server(talk) as port:
        answer = HASTY("POST", f"http://127.0.0.1:{port}/", {}, b"{}")
        over.set()
    assert isinstance(answer, NoReply) and answer.sent and "0.3 s" in answer.error


def test_a_server_that_sends_a_byte_now_and_then_gains_no_time_by_it() -> None:
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            connection.sendall(b"x")

    with raw_server(talk) as port:
        answer = HASTY("POST", f"http://127.0.0.1:{port}/", {}, b"{}")
        over.set()
    assert isinstance(answer, NoReply) and answer.sent


def test_where_tls_fails_nothing_was_sent() -> None:
    """Nobody gets to see the request before it is certain who they are."""

    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 this is no TLS\r\n\r\n")

    with raw_server(talk) as port:
        answer = CALL("POST", f"https://127.0.0.1:{port}/", {}, b"{}")
    assert isinstance(answer, NoReply) and not answer.sent


@pytest.mark.parametrize("header", ["secret\x01value", "secret\r\nX-Admin: 1", "secret\0", " secret"])
def test_what_can_t_be_written_as_http_was_not_sent_and_its_secret_is_not_told(header: str) -> None:
    with receiver() as there:
        answer = CALL("POST", there.url, {"Authorization" if header != " secret" else "X Y": header})
    assert isinstance(answer, NoReply) and (answer.sent, answer.refused) == (False, True)
    assert "secret" not in answer.error
    assert there.received == []


def test_an_error_tells_neither_the_address_nor_a_header(closed_port: int) -> None:
    answer = CALL("POST", f"http://u:passw0rd@127.0.0.1:{closed_port}/very-private", {"X-Key": "tops3cret"})
    assert isinstance(answer, NoReply)
    for private in ("very-private", "tops3cret", "passw0rd"):
        assert private not in answer.error


def test_a_user_in_the_address_becomes_a_header_and_is_not_part_of_it() -> None:
    with receiver() as there:
        CALL("POST", there.url.replace("127.0.0.1", "u:p@127.0.0.1"), {})
    _host(there)
    assert there.received[0].headers["authorization"] == "Basic dTpw"


def _host(there: Receiver) -> None:
    assert there.received[0].headers["host"] == f"127.0.0.1:{there.port}"
