"""Large bodies of lines on a socket: ClickHouse reads them, and whatever is wrong with one is told as ever."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from collector.acceptance import Acceptance
from collector.doubts import LONG
from collector.intake.intake import Intake
from collector.json.body import decode_ndjson
from collector.reception import SMALL
from store import quarantine
from store.clickhouse import ClickHouse
from store.errors import StoreUnavailable
from store.event import Event
from store.quarantine import Wanted
from store.settings_rates import Rate
from tests.collector.conftest import LIMITS
from tests.collector.intake.held import TEXT, HeldClickHouse
from tests.collector.listening import Listening
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.web_server import client_of

MANY = 200
NDJSON = {"Content-Type": "application/x-ndjson"}
_ALL = """
SELECT id, correlation_id, name, toUnixTimestamp64Micro(time), source, attributes, causation_id, trace_id, span_id,
       toUnixTimestamp64Micro(received_at) FROM events
"""


def line(number: int, **fields: object) -> bytes:
    event = {"id": f"e-{number}", "correlation_id": f"o-{number}", "name": "A", "time": "2025-11-20T12:00:00Z"}
    more = {"source": "shop", "attributes": {"n": number, "items": [{"n": 1}, {"n": 2}]}}
    return json.dumps({**event, **more, **fields}).encode()


BODY = b"\n".join(map(line, range(MANY)))
assert len(BODY) > SMALL


def all_events(clickhouse: ClickHouse) -> set[Event]:
    return {Event(*row) for row in clickhouse.query(_ALL)}


def read_here(body: bytes) -> set[Event]:
    return set(decode_ndjson(body, Acceptance.at(NOON, LIMITS)).events)


@pytest.fixture
def held(clickhouse: ClickHouse, engine_path: Path) -> Iterator[HeldClickHouse]:
    held = HeldClickHouse.on(engine_path, clickhouse.database)
    held.let_go()
    yield held
    held.close()


@pytest.fixture
def client(held: HeldClickHouse, clock: ManualClock) -> Iterator[httpx.Client]:
    with Intake(held) as intake:
        server = Listening(intake, replace(LIMITS, rate=Rate(events=MANY)), clock)
        with client_of(server.url, timeout=30) as client:
            yield client
        server.stop()


def send(client: httpx.Client, body: bytes, **headers: str) -> httpx.Response:
    return client.post("/v1/events", content=body, headers={**NDJSON, **headers})


def how(held: HeldClickHouse) -> list[tuple[int, str]]:
    return [(rows, "read by ClickHouse" if token == TEXT else "columns") for rows, token in held.inserts]


def test_good_lines_are_stored_as_if_they_had_been_read_here(client: httpx.Client, held: HeldClickHouse) -> None:
    for body, headers in ((BODY, {}), (gzip.compress(BODY + b"\n", mtime=0), {"Content-Encoding": "gzip"})):
        assert send(client, body, **headers).json() == {"accepted": MANY, "rejected": []}
    assert how(held) == [(MANY, "read by ClickHouse")] * 2
    assert all_events(held) == read_here(BODY)


def test_a_bad_line_is_told_and_kept_and_the_others_are_stored(client: httpx.Client, held: HeldClickHouse) -> None:
    bad = line(7, time="2025-11-31T00:00:00Z")
    answer = send(client, BODY + b"\n" + bad)
    assert answer.json()["accepted"] == MANY
    [rejection] = answer.json()["rejected"]
    assert (rejection["index"], rejection["field"]) == (MANY, "time")
    assert "names a day that does not exist" in rejection["reason"]
    assert how(held) == [(MANY + 1, "read by ClickHouse"), (1, "columns"), (MANY, "columns")]
    assert all_events(held) == read_here(BODY)
    kept = quarantine.chosen(held, Wanted(), NOON, 100)
    assert [content.data for content in quarantine.contents(held, list(kept))] == [bad]


def test_whose_lines_were_odd_is_read_here_for_a_while(
    client: httpx.Client, held: HeldClickHouse, clock: ManualClock
) -> None:
    for wait in (0, 9, LONG / 1_000_000):
        clock.sleep(wait)
        held.inserts.clear()
        assert send(client, BODY + b"\n" + line(MANY, id="")).status_code == 200
        rows = {rows for rows, token in held.inserts if token == TEXT}
        assert rows == (set() if wait == 9 else {MANY + 1})


def test_what_looks_odd_at_a_glance_is_read_here(client: httpx.Client, held: HeldClickHouse) -> None:
    body = BODY + b"\n" + line(MANY, attributes={"text": 'a "quote"'})
    assert send(client, body).json()["accepted"] == MANY + 1
    assert how(held) == [(MANY + 1, "columns")]
    assert all_events(held) == read_here(body)


def test_lines_that_come_back_are_paid_for_once(client: httpx.Client, clock: ManualClock) -> None:
    odd = BODY + b"\n" + line(MANY, id="")
    for _ in range(10):
        assert send(client, odd).status_code == 200, "a rest had saved up ten times as many"
    assert send(client, odd).status_code == 429


def test_when_the_store_is_away_the_sender_hears_it(client: httpx.Client, held: HeldClickHouse) -> None:
    held.failures.extend([StoreUnavailable("away"), StoreUnavailable("away")])
    assert send(client, BODY).status_code == 503
    assert how(held) == [(MANY, "read by ClickHouse"), (MANY, "columns")]
    assert all_events(held) == set()
