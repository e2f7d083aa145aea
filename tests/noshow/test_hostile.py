"""Requests that are made to bring a collector down, against a real server process: each is refused with a clear answer,
the server goes on, and its memory stays within bounds."""

import gzip
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.collector.otlp.records import record, request
from tests.end_to_end.orders import RULES
from tests.end_to_end.process import Noshow
from tests.end_to_end.process import noshow as serving

pytestmark = pytest.mark.processes

MOST = 32 << 20  # bytes of a body, by default
MEMORY = 1_200 << 20  # bytes of the process, the embedded ClickHouse among them

JSON = {"Content-Type": "application/json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
CLOUD = {"Content-Type": "application/cloudevents-batch+json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
GZIP = {"Content-Encoding": "gzip"}

EVENT = {"correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z"}


@dataclass(frozen=True)
class Hostile:
    name: str
    path: str
    headers: dict[str, str]
    body: Callable[[], bytes]
    status: int
    words: str

    def send(self, client: httpx.Client) -> httpx.Response:
        return client.post(self.path, content=self.body(), headers=self.headers)


def event(**fields: object) -> bytes:
    return json.dumps({**EVENT, **fields}).encode()


def attributes(text: bytes) -> bytes:
    return event().removesuffix(b"}") + b', "attributes": {"a": ' + text + b"}}"


def deep_value(levels: int) -> bytes:
    """An AnyValue that is an array that holds an array that…"""
    value = b""
    for _ in range(levels):
        array = b"\x0a" + varint(len(value)) + value
        value = b"\x2a" + varint(len(array)) + array
    return value


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def deep_record(levels: int) -> bytes:
    """A request whose one record has a body of so many levels."""
    written = record().SerializeToString() + field(5, deep_value(levels))
    return field(1, field(2, field(2, written)))


def events(name: str, headers: dict[str, str], body: Callable[[], bytes], status: int, words: str) -> Hostile:
    return Hostile(name, "/v1/events", headers, body, status, words)


def logs(name: str, body: Callable[[], bytes], status: int, words: str, headers: dict[str, str] = PROTOBUF) -> Hostile:
    return Hostile(name, "/v1/logs", headers, body, status, words)


def cloud(name: str, body: Callable[[], bytes], status: int, words: str, more: Mapping[str, str] = {}) -> Hostile:
    return Hostile(name, "/v1/cloudevents", {**CLOUD, **more}, body, status, words)


def cloud_event(data: bytes) -> bytes:
    event = {"specversion": "1.0", "id": "1", "source": "shop", "type": "A", "correlationid": "o-1"}
    return json.dumps(event).encode().removesuffix(b"}") + b', "data": ' + data + b"}"


TABLE = (
    events("a bomb", JSON | GZIP, lambda: gzip.compress(bytes(4 * MOST)), 413, "when unpacked"),
    events("a bomb of blanks", JSON | GZIP, lambda: gzip.compress(b" " * MOST), 400, "the body is empty"),
    events("a bomb of lines", NDJSON | GZIP, lambda: gzip.compress(b"\n" * MOST), 413, "lines"),
    events("a bomb in a bomb", JSON | GZIP, lambda: gzip.compress(gzip.compress(bytes(MOST))), 400, "line 1, column 1"),
    events("many members", JSON | GZIP, lambda: gzip.compress(b"") * 1_000_000, 400, "more than 1,000 gzip members"),
    events("members that are bombs", JSON | GZIP, lambda: gzip.compress(bytes(MOST // 8)) * 64, 413, "when unpacked"),
    events("no gzip", JSON | GZIP, lambda: b"\x1f\x8b" + bytes(10_000), 400, "not gzip"),
    events("an open end", JSON | GZIP, lambda: gzip.compress(event() * 1_000)[:-20], 400, "end early"),
    events("deep arrays", JSON, lambda: b"[" * MOST, 413, "brackets, commas and strings"),
    events("deep and closed", JSON, lambda: b"[" * 1_000_000 + b"]" * 1_000_000, 400, "could not be taken"),
    events("deep objects", NDJSON, lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "could not be taken"),
    events("deep attributes", JSON, lambda: attributes(b"[" * 50_000 + b"]" * 50_000), 400, "could not be taken"),
    events("attributes a bit too deep", JSON, lambda: attributes(b"[" * 70 + b"]" * 70), 400, "could not be taken"),
    events("a long number", JSON, lambda: attributes(b"1" * 200_000), 400, "could not be taken"),
    events("a long fraction", JSON, lambda: attributes(b"0." + b"1" * 200_000), 200, '"accepted": 1'),
    events("an endless number", JSON, lambda: attributes(b"1e999999999"), 400, "could not be taken"),
    events("a time of many digits", JSON, lambda: event().replace(b'"2025', b"1" * 5_000 + b', "x": "'), 400, ""),
    events(
        "too many attributes", JSON, lambda: event(attributes={f"k{n}": n for n in range(500_000)}), 400, "could not"
    ),
    events("a wide object", JSON, lambda: event(**{f"k{n}": n for n in range(20_000)}), 400, "could not be taken"),
    events("nothing, often", JSON, lambda: b"[" + b"{}," * 10_000_000 + b"{}]", 413, "more than 50,000 events"),
    events("commas", JSON, lambda: b"[" + b"," * (MOST - 2) + b"]", 413, "more than 50,000 events"),
    events("quotes", JSON, lambda: b'["' + b'\\"' * (MOST // 2 - 2) + b"]", 400, "does not end"),
    events("one long line", NDJSON, lambda: event(name="x" * (MOST - 200)), 400, "could not be taken"),
    events("lines of nothing", NDJSON, lambda: b"{}\n" * (MOST // 3), 413, "more than 200,000 lines"),
    events("a long name", JSON, lambda: event(name="x" * 1_000_000), 400, "could not be taken"),
    events("too large", JSON, lambda: b" " * (MOST + 1), 413, "more than"),
    cloud("a bomb of CloudEvents", lambda: gzip.compress(bytes(4 * MOST)), 413, "when unpacked", GZIP),
    cloud("deep CloudEvents", lambda: b"[" * MOST, 413, "brackets, commas and strings"),
    cloud("CloudEvents of nothing", lambda: b"[" + b"{}," * 10_000_000 + b"{}]", 413, "more than 50,000 events"),
    cloud("a deep CloudEvent", lambda: b"[" + cloud_event(b"[" * 50_000 + b"]" * 50_000) + b"]", 400, "could not be"),
    cloud("a wide CloudEvent", lambda: b"[" + cloud_event(b"[" + b"1," * 500_000 + b"1]") + b"]", 400, "could not be"),
    logs("a bomb over OTLP", lambda: gzip.compress(bytes(4 * MOST)), 413, "when unpacked", PROTOBUF | GZIP),
    logs("a deep value", lambda: deep_record(2_000), 200, "no LogRecord"),
    logs("a deeper value", lambda: deep_record(20_000), 200, "no LogRecord"),
    logs("empty records", lambda: field(1, field(2, b"\x12\x00" * (MOST // 4))), 413, "more than 50,000"),
    logs("empty scopes", lambda: field(1, b"\x12\x00" * (MOST // 4)), 413, "more than 50,000"),
    logs("empty resources", lambda: b"\x0a\x00" * (MOST // 4), 413, "more than 50,000"),
    logs(
        "many attributes", lambda: request(record({f"k{n}": n for n in range(100_000)})), 200, "LogRecord longer than"
    ),
    logs("a record that is cut", lambda: request(record(), record())[:-1], 400, "no ExportLogsServiceRequest"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noshow]:
    with serving(tmp_path_factory.mktemp("hostile") / "noshow", {"orders.yaml": RULES}) as running:
        yield running


@pytest.fixture(scope="module")
def client(running: Noshow) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=120) as client:
        yield client


def peak(running: Noshow) -> int:
    """The most memory that the process ever had, in bytes."""
    assert running.process is not None
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{running.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def takes_events(client: httpx.Client) -> None:
    assert client.post("/v1/events", content=event(), headers=JSON).json() == {"accepted": 1, "rejected": []}


@pytest.mark.parametrize("hostile", TABLE, ids=lambda hostile: hostile.name)
def test_each_is_answered_clearly(client: httpx.Client, hostile: Hostile) -> None:
    answer = hostile.send(client)
    assert (answer.status_code, hostile.words in answer.text) == (hostile.status, True), answer.text[:500]


def test_all_at_once_leave_a_server_that_works_within_its_memory(running: Noshow, client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda hostile: hostile.send(client), TABLE))
    assert all(answer.status_code < 500 or answer.status_code == 503 for answer in answers)
    takes_events(client)
    assert peak(running) < MEMORY, f"{peak(running) >> 20} MiB"


def test_a_thousand_connections_that_say_nothing_or_little_do_not_keep_others_out(
    running: Noshow, client: httpx.Client
) -> None:
    place = urlsplit(running.url)
    head = b"POST /v1/events HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    with ExitStack() as stack:
        for number in range(900):
            wire = stack.enter_context(socket.create_connection((place.hostname, place.port or 0)))
            wire.sendall((b"", head, head + b"Content-Length: 1000000\r\n\r\n[")[number % 3])
        takes_events(client)
        assert client.get("/healthz").status_code == 200
    takes_events(client)
