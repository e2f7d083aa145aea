"""`noshow rules suggest` and `noshow rules schema` as processes."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from rules.schema.schema import schema
from store import events as event_store
from store.clickhouse import ClickHouse
from store.event import Event
from store.instant import rfc3339
from store.migrate import migrate_clickhouse
from tests.clickhouse_server import ClickHouseServer
from tests.noshow.command import noshow
from tests.rules.planted import orders

pytestmark = pytest.mark.processes


def line(event: Event) -> str:
    """As a file has it."""
    fields = {**msgspec.structs.asdict(event), "time": rfc3339(event.time), "attributes": json.loads(event.attributes)}
    return json.dumps({name: fields[name] for name in ("id", "correlation_id", "name", "time", "source", "attributes")})


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(map(line, orders(300))).encode()))
    return path


def test_what_is_proposed_lints_clean_and_checks_what_it_says(events: Path, tmp_path: Path) -> None:
    proposed = noshow("rules", "suggest", "--events", events, "--name", "fulfilment")
    assert (proposed.code, proposed.err) == (0, "")
    rules = tmp_path / "rules.yaml"
    rules.write_text(proposed.out)

    linted = noshow("rules", "lint", rules)
    assert (linted.code, linted.err) == (0, "")
    flagged = noshow("check", "--rules", rules, "--events", events, "--flagged", "--format", "jsonl").out.splitlines()
    assert {json.loads(each)["workflow"] for each in flagged} == {"fulfilment"}
    assert f"this file flags {len(flagged)} of 300 orders" in " ".join(proposed.out.split())


def test_it_reads_what_is_stored(own_server: ClickHouseServer, tmp_path: Path) -> None:
    clickhouse = ClickHouse.server(own_server.url)
    migrate_clickhouse(clickhouse)
    event_store.write(clickhouse, list(orders(100)))
    environ = {"NOSHOW_CLICKHOUSE_URL": own_server.url}
    proposed = noshow("rules", "suggest", "--limit", "1000", cwd=tmp_path, environ=environ)
    clickhouse.close()
    assert (proposed.code, proposed.err) == (0, "")
    assert "of 100 orders" in proposed.out


def test_what_cannot_be_is_told(events: Path, tmp_path: Path) -> None:
    odd = noshow("rules", "suggest", "--events", events, "--name", "My Orders")
    assert (odd.code, odd.out) == (2, "")
    assert odd.err == "noshow: --name My Orders: expected kebab-case, such as order-fulfilment\n"
    stranger = noshow("rules", "suggest", "--events", events, "--start", "OrderPlacd")
    assert stranger.code == 2
    assert 'there is no event called "OrderPlacd"; did you mean OrderPlaced?' in stranger.err
    nowhere = noshow("rules", "suggest", "--data", tmp_path / "nowhere")
    assert nowhere.code == 2
    assert "no events are stored there" in nowhere.err


def test_the_schema_is_printed() -> None:
    printed = noshow("rules", "schema")
    assert (printed.code, printed.err) == (0, "")
    assert json.loads(printed.out) == schema()
