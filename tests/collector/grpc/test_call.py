"""A gRPC call seen as an HTTP request."""

import pytest
from starlette.applications import Starlette

from collector.grpc.call import Place, address, request_of

APP = Starlette()


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("ipv4:203.0.113.7:50000", ("203.0.113.7", 50000)),
        ("ipv6:%5B::1%5D:50000", ("::1", 50000)),
        ("ipv6:[::ffff:127.0.0.1]:1", ("::ffff:127.0.0.1", 1)),
        ("unix:/run/x.sock", None),
        ("", None),
    ],
)
def test_who_calls(peer: str, expected: tuple[str, int] | None) -> None:
    assert address(peer) == expected


@pytest.mark.parametrize(("host", "named"), [("127.0.0.1", "127.0.0.1:4317"), ("::1", "[::1]:4317")])
def test_metadata_are_headers_and_the_host_is_ours(host: str, named: str) -> None:
    metadata: list[tuple[str, str | bytes]] = [("authorization", "Bearer x"), ("a-bin", b"\xff")]
    metadata += [("host", "rebound.example"), ("via", "1.1 proxy")]
    request = request_of("/x.Y/Z", metadata, "ipv4:127.0.0.1:1", Place(host, 4317, APP))
    assert request.headers.getlist("host") == [named]
    assert (request.headers["authorization"], request.headers["via"]) == ("Bearer x", "1.1 proxy")
    assert (request.method, request.url.path, request.app) == ("POST", "/x.Y/Z", APP)
