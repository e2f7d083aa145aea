"""Connections that go only where notifications may go, and end in time.

A name is resolved once, its addresses are checked, and the connection is made to an address that was checked: what the
name says a moment later makes no difference. Certificates are still held against the name.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from reconcile.errors import RefusedAddress

Resolve = Callable[[str, int], list[str]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # of the IETF's; a cloud serves its machines' credentials there


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver, which also reads `2130706433` and `0177.0.0.1`.

    Raises `httpcore.ConnectError`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} can't be resolved: {error}") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether anybody on the Internet could be meant by it; an IPv4 address inside of an IPv6 one is what counts."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if (inner := _ipv4_within(ip)) is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    elif ip in _PROTOCOLS:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _ipv4_within(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


class Deadline:
    """The instant, on the machine's steady clock, by which everything has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, error: type[Exception]) -> float:
        """Seconds, more than none; raises `error` when they have run out."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise error("out of time")
        return left


class CheckedNetwork(httpcore.NetworkBackend):
    """Opens TCP connections to permitted addresses, under one deadline for all that is done with them."""

    def __init__(
        self, deadline: Deadline, *, allow_private: bool, resolve: Resolve, below: httpcore.NetworkBackend
    ) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolve = resolve
        self._below = below

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises `RefusedAddress`, or what httpcore raises."""
        failure: Exception = httpcore.ConnectError(f"the name {host} has no address")
        for address in self._permitted(host, port):
            try:
                left = self._deadline.left(httpcore.ConnectTimeout)
                return TimedStream(self._below.connect_tcp(address, port, left, local_address), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _permitted(self, host: str, port: int) -> list[str]:
        addresses = self._resolve(host, port)
        permitted = [address for address in addresses if self._allow_private or is_public(address)]
        if addresses and not permitted:
            raise RefusedAddress(
                f"{host} leads to {addresses[0]}, which is not a public address; outgoing.allow_private would permit it"
            )
        return permitted


class TimedStream(httpcore.NetworkStream):
    """A connection under a deadline: a server that sends one byte now and then gains no time by it."""

    def __init__(self, below: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._below = below
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._below.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._below.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._below.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return TimedStream(self._below.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._below.get_extra_info(info)
