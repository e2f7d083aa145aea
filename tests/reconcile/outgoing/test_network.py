"""Where notifications may go, and how long it may take."""

import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import pytest

from reconcile.errors import RefusedAddress
from reconcile.outgoing.network import CheckedNetwork, Deadline, is_public, resolve

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Recorder(httpcore.NetworkBackend):
    """A network that answers everything with 204 and remembers where it was asked to connect."""

    def __init__(self, unreachable: Iterable[str] = ()) -> None:
        self.connected: list[tuple[str, int]] = []
        self.names: list[str | None] = []
        self.written = b""
        self._unreachable = set(unreachable)

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        if host in self._unreachable:
            raise httpcore.ConnectError("refused")
        return RecordedStream(self)


class RecordedStream(httpcore.NetworkStream):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return OK

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._recorder.written += buffer

    def close(self) -> None:
        pass

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._recorder.names.append(server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class Names:
    """A resolver that gives one list of addresses after the other, and the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers: Iterator[list[str]] = iter(answers)
        self._last: list[str] = []
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        self._last = next(self._answers, self._last)
        return self._last


def post(url: str, names: Names, recorder: Recorder, *, allow_private: bool = False) -> int:
    network = CheckedNetwork(Deadline(10), allow_private=allow_private, resolve=names, below=recorder)
    with httpcore.ConnectionPool(network_backend=network) as pool:
        return pool.request("POST", url, content=b"{}").status


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::1",
        "2001:db8::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_of_inner_networks_are_not_public(address: str) -> None:
    assert not is_public(address)
    recorder = Recorder()
    with pytest.raises(RefusedAddress, match="which is not a public address"):
        post("http://hooks.example.org/", Names([address]), recorder)
    assert recorder.connected == []


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_does_not_exist_is_an_error_of_the_network() -> None:
    for name in ("no-such-name.invalid", "x" * 70 + ".invalid", "a..b"):
        with pytest.raises(httpcore.ConnectError, match="can't be resolved"):
            resolve(name, 80)


def test_it_connects_to_the_address_that_was_checked_whatever_the_name_says_later() -> None:
    names, recorder = Names(["203.0.114.7"], ["127.0.0.1"]), Recorder()
    assert post("http://rebound.example.org:8080/x", names, recorder) == 204
    assert (names.asked, recorder.connected) == (1, [("203.0.114.7", 8080)])
    with pytest.raises(RefusedAddress):
        post("http://rebound.example.org:8080/x", names, recorder)
    assert len(recorder.connected) == 1


def test_of_several_addresses_only_public_ones_are_tried_until_one_answers() -> None:
    recorder = Recorder(unreachable=["203.0.114.7"])
    assert post("http://many.example.org/", Names(["10.0.0.1", "203.0.114.7", "203.0.114.8"]), recorder) == 204
    assert recorder.connected == [("203.0.114.7", 80), ("203.0.114.8", 80)]


def test_when_no_address_answers_that_is_the_error() -> None:
    with pytest.raises(httpcore.ConnectError):
        post("http://down.example.org/", Names(["203.0.114.7"]), Recorder(unreachable=["203.0.114.7"]))
    with pytest.raises(httpcore.ConnectError, match="has no address"):
        post("http://none.example.org/", Names([]), Recorder())


def test_certificates_are_held_against_the_name_not_the_address() -> None:
    recorder = Recorder()
    assert post("https://hooks.example.org/x", Names(["203.0.114.7"]), recorder) == 204
    assert (recorder.connected, recorder.names) == ([("203.0.114.7", 443)], ["hooks.example.org"])
    assert b"host: hooks.example.org" in recorder.written.lower()


def test_inner_addresses_are_fine_where_they_are_allowed() -> None:
    recorder = Recorder()
    assert post("http://hooks.internal/", Names(["10.0.0.8"]), recorder, allow_private=True) == 204
    assert recorder.connected == [("10.0.0.8", 80)]


def test_when_time_has_run_out_nothing_is_begun() -> None:
    recorder = Recorder()
    network = CheckedNetwork(Deadline(0), allow_private=False, resolve=Names(["203.0.114.7"]), below=recorder)
    with pytest.raises(httpcore.ConnectTimeout):
        network.connect_tcp("hooks.example.org", 80)
    assert recorder.connected == []
