"""Over a socket: what is refused is in the quarantine when the sender hears of it, and harms nobody else."""

import gzip
import json

import httpx
import pytest
from msgspec.structs import replace

from collector.acceptance import Acceptance
from collector.intake.intake import Intake
from collector.json.body import decode_json
from collector.quarantine.again import Again
from collector.quarantine.quarantine import Provenance, Quarantine
from store import events, quarantine
from store.clickhouse import ClickHouse
from store.event import Event, EventColumns
from store.quarantine import Wanted
from tests.collector.conftest import LIMITS
from tests.collector.otlp import records as otlp
from tests.conftest import NOON

TERMS = Acceptance.at(NOON, LIMITS)
GOOD = {"id": "e-1", "correlation_id": "o-1", "name": "A", "time": "2025-11-20T12:00:00Z", "source": "bank"}
BAD = GOOD | {"id": "e-2", "time": "tomorrow"}


def reasons(clickhouse: ClickHouse) -> list[tuple[str, str, str]]:
    return sorted((held.form, held.source, held.reason) for held in quarantine.page(clickhouse, Wanted(), NOON, 100))


def contents(clickhouse: ClickHouse) -> list[bytes]:
    found = quarantine.chosen(clickhouse, Wanted(), NOON, 100)
    return [content.data for content in quarantine.contents(clickhouse, list(found))]


def test_the_bad_are_kept_and_the_good_are_stored(client: httpx.Client, clickhouse: ClickHouse) -> None:
    answer = client.post("/v1/events", json=[GOOD, BAD])
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [event.id for event in events.history(clickhouse, "o-1")] == ["e-1"]
    [held] = quarantine.page(clickhouse, Wanted(), NOON, 10)
    assert (held.source, held.sender, held.field, held.received_at) == ("bank", "127.0.0.1", "time", NOON)
    assert held.reason == answer.json()["rejected"][0]["reason"]
    assert [json.loads(data) for data in contents(clickhouse)] == [BAD]


def test_where_nothing_could_be_taken_it_is_kept_too(client: httpx.Client, clickhouse: ClickHouse) -> None:
    assert client.post("/v1/events", json=BAD).status_code == 400
    assert [json.loads(data) for data in contents(clickhouse)] == [BAD]


def test_whoever_sends_the_same_again_and_again_has_one_row(client: httpx.Client, clickhouse: ClickHouse) -> None:
    for _ in range(5):
        client.post("/v1/events", json=BAD)
    assert quarantine.count(clickhouse, Wanted(), NOON) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_no_json_is_kept_as_it_came(client: httpx.Client, clickhouse: ClickHouse, packed: bool) -> None:
    body = b'[{"name": "A"'
    headers = {"Content-Type": "application/json", **({"Content-Encoding": "gzip"} if packed else {})}
    answer = client.post("/v1/events", content=gzip.compress(body) if packed else body, headers=headers)
    assert answer.status_code == 400
    assert reasons(clickhouse) == [("json", "", answer.json()["detail"])]
    assert contents(clickhouse) == [body]


def test_log_records_are_kept_so_that_they_can_be_read_again(client: httpx.Client, clickhouse: ClickHouse) -> None:
    body = otlp.request(otlp.record(), otlp.record({"correlation.id": ""}), resource={"service.name": "bank"})
    client.post("/v1/logs", content=body, headers={"Content-Type": "application/x-protobuf"})
    assert reasons(clickhouse) == [("otlp-logs", "bank", "empty")]
    [content] = quarantine.contents(clickhouse, list(quarantine.chosen(clickhouse, Wanted(), NOON, 10)))
    assert getattr(Again(LIMITS)(content, NOON), "field", "") == "correlation_id"


def test_many_at_once_are_kept(client: httpx.Client, clickhouse: ClickHouse) -> None:
    lines = b"\n".join(json.dumps(BAD | {"id": f"e-{number}"}).encode() for number in range(2_000))
    client.post("/v1/events", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert quarantine.count(clickhouse, Wanted(), NOON) == 2_000
    [group] = quarantine.groups(clickhouse, Wanted(), NOON, 10)
    assert (group.source, group.count, group.not_kept) == ("bank", 2_000, 0)
    assert group.fault.startswith("time: … is no time")


def test_what_the_quarantine_will_not_take_keeps_no_good_event_out(
    clickhouse: ClickHouse, caplog: pytest.LogCaptureFixture
) -> None:
    [good] = Quarantine(LIMITS.quarantine).rows(decode_json(json.dumps(BAD).encode(), TERMS), Provenance(), NOON)
    with Intake(clickhouse) as intake:
        intake.submit(EventColumns.of([Event("e-1", "o-1", "A", NOON, "bank")]), 1, [replace(good, size=-1)]).result(60)
    assert [event.id for event in events.history(clickhouse, "o-1")] == ["e-1"]
    assert "1 refused events can't be kept" in caplog.text
