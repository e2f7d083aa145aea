"""What a process tells of itself at `/metrics`, and that docs/metrics.md tells the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.access.identity import Scope
from collector.batch import Batch, Rejection
from collector.recorder import Recorder
from collector.sender import Sender
from noshow.gauges import observe, observe_latency
from noshow.measures import Measures
from noshow.stores import Stores
from noshow.telemetry import MOST_SERIES, Telemetry
from reconcile.notify.delivery import Answer
from rules.evaluate.evaluator import Standing, Tick
from rules.evaluate.records import Found, Written
from rules.evaluate.work import Work
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, SECOND, EventColumns
from store.settings import load
from store.settings_notify import Endpoint
from store.spending import Spent
from tests.api import figure_rows
from tests.api.access.bearer import bearer
from tests.api.incident_rows import put_let_go, put_silent
from tests.api.shop import Shop, unpaid
from tests.collector.otlp import records as otlp
from tests.conftest import NOON
from tests.noshow.whole import Whole, whole
from tests.store.clock import ManualClock

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs" / "metrics.md"
SOURCES = [ROOT / "collector" / "recorder.py", ROOT / "noshow" / "gauges.py", ROOT / "noshow" / "measures.py"]
PROTOBUF = {"Content-Type": "application/x-protobuf"}
EVENT = {"correlation_id": "A", "name": "PaymentReceived", "time": "2025-11-20T12:00:00Z", "source": "shop"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def running(clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path) -> Iterator[Whole]:
    settings = load(
        {}, overrides={"data": str(tmp_path), "collector.rate.events": "10", "collector.quarantine.keep": "3650d"}
    )
    with whole(Stores(clickhouse, database, None), settings, clock) as running:
        yield running


def samples(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def scraped(running: Whole) -> Samples:
    answer = httpx.get(f"{running.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return samples(answer.text)


def undocumented(found: Samples) -> set[str]:
    names = {re.sub("_(bucket|count|sum|created)$", "", name) for name, _ in found}
    return {name for name in names if f"`{name}`" not in DOCS.read_text()}


def of(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_what_came_in_is_counted(running: Whole, clickhouse: ClickHouse, database: Database) -> None:
    headers = bearer(database, Scope.INGEST, name="shop-svc")
    bad = {**EVENT, "time": "tomorrow"}
    body = [EVENT, {**EVENT, "source": "other"}, {**EVENT, "source": "other"}, bad, {**EVENT, "attributes": 5}]
    with httpx.Client(base_url=running.url, headers=headers) as client:
        assert client.post("/v1/events", json=body).json()["accepted"] == 3
        assert client.post("/v1/events", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
        ordinary = otlp.request(otlp.record(event_name=""), otlp.record(event_name=""))
        assert client.post("/v1/logs", content=ordinary, headers=PROTOBUF).status_code == 200
        assert client.post("/v1/events", json=[EVENT] * 200).status_code == 200
        assert client.post("/v1/events", json=[EVENT]).status_code == 429
    found = scraped(running)
    requests = "noshow_ingest_request_duration_seconds_count"
    by_status = [of(found, requests, way="/v1/events", status=status) for status in ("200", "400", "429")]
    assert by_status == [2, 1, 1]
    accepted = [of(found, "noshow_ingest_events_accepted_total", source=source) for source in ("shop", "other")]
    assert accepted == [201, 2]
    refused = "noshow_ingest_events_refused_total"
    assert of(found, refused, sender="shop-svc", reason="time") == 1
    assert of(found, refused, sender="shop-svc", reason="attributes") == 1
    assert of(found, "noshow_ingest_rate_limited_total", sender="shop-svc") == 1
    assert of(found, "noshow_ingest_records_ignored_total", sender="shop-svc") == 2
    assert of(found, "noshow_ingest_decode_duration_seconds_count") == 3
    assert of(found, "noshow_ingest_bytes_total") > 200 * 80
    assert undocumented(found) == set()


def test_what_the_stores_hold_is_counted(running: Whole, clickhouse: ClickHouse, database: Database) -> None:
    Shop(clickhouse, database).add(unpaid("A"), unpaid("B"))
    httpx.post(f"{running.url}/v1/events", json={**EVENT, "name": ""})
    found = scraped(running)
    assert of(found, "noshow_cases", state="open") == 2
    assert of(found, "noshow_ingest_waiting_events") == 0
    spool = [of(found, "noshow_spool_rows", state=state) for state in ("waiting", "refused")]
    assert spool == [0, 0]
    assert of(found, "noshow_spool_oldest_age_seconds") == 0
    assert of(found, "noshow_spool_size_bytes") >= 0
    [lag] = [value for (name, _), value in found.items() if name == "noshow_collector_lag_seconds"]
    assert lag >= 0
    assert undocumented(found) == set()
    assert of(found, "noshow_quarantine_events", state="waiting") == 1


def test_what_is_silent_and_what_is_held_for_it_is_counted(running: Whole, database: Database) -> None:
    found = scraped(running)
    assert [of(found, "noshow_incidents_open", state=state) for state in ("holding", "let_go")] == [0, 0]
    assert of(found, "noshow_held_instances", kind="source_silent") == 0
    put_silent(database, "payments", held=4312)
    put_silent(database, "refunds", held=4312)
    put_let_go(database, put_silent(database, "shop", held=9))
    found = scraped(running)
    assert [of(found, "noshow_incidents_open", state=state) for state in ("holding", "let_go")] == [2, 1]
    assert of(found, "noshow_held_instances", kind="source_silent") == 4312, "both are held until the same instant"
    assert undocumented(found) == set()


def test_while_a_store_is_away_the_rest_is_told(
    clock: ManualClock, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = Telemetry.build(load({}), {})
    away = ClickHouse.server("http://127.0.0.1:9")  # nobody listens there
    observe(telemetry.meter, Stores(away, database, None), clock)
    Recorder(telemetry.meter).decoded(0.1, 5)
    names = {name for name, _ in samples(telemetry.exposition("")[0].decode())}
    assert "noshow_ingest_bytes_total" in names
    assert "noshow_quarantine_events" not in names
    assert "Traceback" not in caplog.text
    away.close()


def test_what_senders_name_is_bounded() -> None:
    telemetry = Telemetry.build(load({}), {})
    recorder = Recorder(telemetry.meter)
    recorder.stored(Batch(EventColumns(source=[f"s-{number}" for number in range(2 * MOST_SERIES)])), Sender())
    found = samples(telemetry.exposition("")[0].decode())
    accepted = {
        labels: value for (name, labels), value in found.items() if name == "noshow_ingest_events_accepted_total"
    }
    assert len(accepted) == MOST_SERIES + 1, "and one of all the others"
    assert sum(accepted.values()) == 2 * MOST_SERIES, "none is lost"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("time", "time"),
        ("", "event"),
        ("attributes.items[2].price", "attributes"),
        ("whatever a sender likes", "attributes"),
    ],
)
def test_reasons_are_few(field: str, reason: str) -> None:
    telemetry = Telemetry.build(load({}), {})
    Recorder(telemetry.meter).stored(Batch(rejected=[Rejection(0, field, "it is wrong")]), Sender("shop-svc"))
    found = samples(telemetry.exposition("")[0].decode())
    assert of(found, "noshow_ingest_events_refused_total", sender="shop-svc", reason=reason) == 1


def test_the_work_of_loops_is_measured(clickhouse: ClickHouse, clock: ManualClock) -> None:
    telemetry = Telemetry.build(load({}), {})
    measures = Measures(telemetry.meter, telemetry.tracer, clock)
    around = measures.ticking(10 * SECOND)
    spent = {Work.JUDGE: Spent(took=2 * SECOND, rows=9, bytes=70)}
    opened = (Found("orders", NOON - 2 * SECOND, ""), Found("orders", 0, "hold"))
    tick = around(
        lambda now: Tick(now, 7, Written(found=opened), False, Standing(now - 15 * SECOND, 3, held=True), spent)
    )
    tick(NOON)
    around(lambda now: None)(NOON)
    deliver = measures.delivering(lambda *_: Answer(200, ""))
    deliver(Endpoint("payments", "https://hooks.example"), "msg_1", "{}", NOON)
    with measures.inserting("events", 1_000):
        pass
    with pytest.raises(ZeroDivisionError), measures.inserting("events", 1):
        _ = 1 / 0
    clock.sleep(5)
    found = samples(telemetry.exposition("")[0].decode())
    assert of(found, "noshow_evaluator_tick_duration_seconds_count") == 1
    assert of(found, "noshow_evaluator_judged_total") == 7
    assert of(found, "noshow_evaluator_lag_seconds") == 20
    assert of(found, "noshow_findings_latency_seconds_sum", workflow="orders") == 2
    assert of(found, "noshow_findings_left_out_total", reason="hold") == 1
    assert of(found, "noshow_evaluator_waiting") == 3
    assert of(found, "noshow_evaluator_behind", reason="held") == 1
    assert of(found, "noshow_evaluator_behind", reason="busy") == 0
    assert of(found, "noshow_evaluator_work_seconds_total", work="judge") == 2
    assert of(found, "noshow_evaluator_work_rows_total", work="judge") == 9
    assert of(found, "noshow_evaluator_work_bytes_total", work="judge") == 70
    assert of(found, "noshow_notifications_attempts_total", outcome="delivered") == 1
    inserts = "noshow_store_insert_duration_seconds_count"
    assert of(found, inserts, table="events", outcome="stored") == 1
    assert of(found, inserts, table="events", outcome="failed") == 1
    assert of(found, "noshow_store_insert_rows_sum", table="events") == 1_001
    assert undocumented(found) == set()


def test_the_docs_name_every_metric_and_no_other() -> None:
    telemetry = Telemetry.build(load({}), {})
    instruments = set(re.findall(r'"(noshow\.[a-z.]+)"', "".join(file.read_text() for file in SOURCES)))
    assert len(instruments) > 10
    documented = set(re.findall(r"^\| `(noshow_[a-z_]+)`", DOCS.read_text(), re.MULTILINE))
    assert {re.sub("_(seconds|bytes|total)$", "", name) for name in documented} == {
        name.replace(".", "_") for name in instruments
    }
    in_docs = set(re.findall(r"`(process_[a-z_]+)`", DOCS.read_text()))
    exposed = {name for name, _ in samples(telemetry.exposition("")[0].decode()) if name.startswith("process_")}
    assert in_docs == exposed


def test_latencies_of_the_last_hour_are_told_as_the_page_has_them(database: Database, clock: ManualClock) -> None:
    telemetry = Telemetry.build(load({}), {})
    observe_latency(telemetry.meter, database, clock)
    rows = [figure_rows.Found(NOON), figure_rows.Found(NOON, found=9 * SECOND), figure_rows.Found(NOON - 2 * HOUR)]
    figure_rows.put_found(database, rows)
    found = samples(telemetry.exposition("")[0].decode())
    assert of(found, "noshow_latency_seconds", leg="found", quantile="0.5") == 1
    assert of(found, "noshow_latency_seconds", leg="whole", quantile="0.99") == 12
    assert undocumented(found) == set()
