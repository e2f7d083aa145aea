"""Where nothing that we send may go, however it is named: no byte leaves, and not even a connection is made."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from fastapi.responses import RedirectResponse

from reconcile.outgoing.call import Caller, NoReply, Reply
from reconcile.outgoing.network import Resolve, resolve
from tests.reconcile.receiver import LOCAL, Receiver, receiver

# Host as it is written in an address, and what stands behind it.
WRITTEN = {
    "127.0.0.1": "the machine itself",
    "127.1": "the same, short",
    "127.8.8.8": "the same, as any other of its network",
    "2130706433": "the same, as one decimal number",
    "017700000001": "the same, as one octal number",
    "0177.0.0.1": "the same, in octal parts",
    "0x7f000001": "the same, as one hexadecimal number",
    "0x7f.0x0.0x0.0x1": "the same, in hexadecimal parts",
    "0x7f.1": "the same, short",
    "0": "the same, as nothing",
    "0.0.0.0": "any address of the machine",
    "localhost": "the machine, by name",
    "[::1]": "the machine, in IPv6",
    "[::]": "any address of the machine, in IPv6",
    "[::ffff:127.0.0.1]": "mapped into IPv6",
    "[::ffff:7f00:1]": "the same, in hexadecimal",
    "[::127.0.0.1]": "compatible with IPv4, as it was once called",
    "[64:ff9b::127.0.0.1]": "through NAT64",
    "[64:ff9b::7f00:1]": "the same, in hexadecimal",
    "[64:ff9b:1::7f00:1]": "through a NAT64 of one's own",
    "[2002:7f00:1::]": "through 6to4",
    "[2001:0:7f00:1::1]": "through Teredo",
    "169.254.169.254": "where clouds keep their credentials",
    "2852039166": "the same, as one decimal number",
    "0251.0376.0251.0376": "the same, in octal parts",
    "0xa9fea9fe": "the same, as one hexadecimal number",
    "[::ffff:169.254.169.254]": "the same, mapped into IPv6",
    "[fd00:ec2::254]": "the same, in IPv6",
    "[fe80::1]": "a link",
    "[fec0::1]": "a site",
    "[fc00::1]": "a private network of IPv6",
    "[fd12:3456:789a::1]": "another",
    "[ff02::1]": "everybody on the link",
    "10.1.2.3": "a private network",
    "172.16.0.1": "another",
    "192.168.1.1": "another",
    "100.64.0.1": "a provider's own network",
    "192.0.0.192": "where another cloud keeps them",
    "198.18.0.1": "a network for measurements",
    "192.0.2.1": "a network for documentation",
    "224.0.0.1": "everybody",
    "240.0.0.1": "reserved",
    "255.255.255.255": "everybody on the link",
}


class Watched:
    """The system's resolver, and whether anything has been connected to: in the place of `socket.create_connection`."""

    def __init__(self) -> None:
        self.connected: list[object] = []

    def connect(self, address: object, *_: object, **__: object) -> socket.socket:
        self.connected.append(address)
        raise ConnectionRefusedError("watched")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    watch = Watched()
    monkeypatch.setattr(socket, "create_connection", watch.connect)
    return watch


@pytest.fixture
def listening() -> Iterator[Receiver]:
    with receiver() as there:
        yield there


def post(url: str, resolve: Resolve = resolve, *, allow_private: bool = False) -> Reply | NoReply:
    return Caller(allow_private=allow_private, resolve=resolve, timeout=5)("POST", url, {}, b"secret")


@pytest.mark.parametrize("host", WRITTEN, ids=lambda host: f"{host} ({WRITTEN[host]})")
def test_it_is_refused_before_anything_leaves(host: str, watched: Watched) -> None:
    answer = post(f"http://{host}/hook")
    assert isinstance(answer, NoReply)
    assert (answer.refused, answer.sent) == (True, False), answer.error
    assert watched.connected == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["::1"], ["fd00::8"], ["127.0.0.1", "10.0.0.8", "::1"]],
    ids=", ".join,
)
def test_a_name_that_leads_inside_is_refused(addresses: list[str], watched: Watched) -> None:
    answer = post("http://hooks.example.org/", lambda *_: addresses)
    assert isinstance(answer, NoReply) and answer.refused
    assert answer.error == (
        f"refused: hooks.example.org leads to {addresses[0]}, which is not a public address; "
        "outgoing.allow_private would permit it"
    )
    assert watched.connected == []


def test_of_a_name_that_leads_both_ways_only_the_outside_is_tried(watched: Watched) -> None:
    post("http://hooks.example.org/", lambda *_: ["10.0.0.8", "203.0.114.7"])
    assert watched.connected == [("203.0.114.7", 80)]


def test_what_the_name_says_between_check_and_call_makes_no_difference(watched: Watched) -> None:
    """DNS rebinding: public when it is checked, and the machine itself a moment later."""
    answers = iter([["203.0.114.7"], ["127.0.0.1"]])
    post("http://rebound.example.org:8080/", lambda *_: next(answers))
    assert watched.connected == [("203.0.114.7", 8080)], "the address that was checked, and the name asked once"
    answer = post("http://rebound.example.org:8080/", lambda *_: next(answers))
    assert isinstance(answer, NoReply) and answer.refused
    assert len(watched.connected) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside_is_not_followed(status: int, listening: Receiver) -> None:
    inside = f"http://{LOCAL}:{listening.port}/inside"
    with receiver(lambda _: RedirectResponse(inside, status)) as outside:
        answer = post(outside.url, allow_private=True)
    assert isinstance(answer, Reply) and answer.status == status
    assert listening.received == []


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "unix"])
def test_no_other_scheme_is_spoken(scheme: str, watched: Watched) -> None:
    answer = post(f"{scheme}://hooks.example.org/etc/passwd", lambda *_: ["203.0.114.7"])
    assert isinstance(answer, NoReply)
    assert watched.connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_where_it_is_allowed_it_arrives(host: str, listening: Receiver) -> None:
    answer = post(f"http://{host}:{listening.port}/hook", allow_private=True)
    assert isinstance(answer, Reply) and answer.status == 204
    assert [request.body for request in listening.received] == ["secret"]


def test_the_watch_would_see_a_connection(watched: Watched) -> None:
    """Without this the tests above could pass because nothing is ever seen."""
    with closing(socket.create_server((LOCAL, 0))) as free:
        port = free.getsockname()[1]
    post(f"http://{LOCAL}:{port}/", allow_private=True)
    assert watched.connected == [(LOCAL, port)]
