"""`noshow rules explain` as a process: a rule in each form, and one order from a file, a store and a server."""

import json
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from tests.end_to_end.drill import until
from tests.end_to_end.process import noshow as serving
from tests.noshow.command import noshow

RULES = """\
workflow: order-fulfilment
noun: order
start: OrderPlaced
steps:
  PaymentReceived: {within: 15m}
  ItemShipped: {after: PaymentReceived, within: 48h}
"""
CHANGED = RULES.replace("15m", "5m")
ORDER = ("--correlation-id", "a/b")
LATE = "  flagged       late since "


def line(order: str, name: str, time: str) -> str:
    told = {"correlation_id": order, "name": name, "time": time, "source": "shop", "id": f"{order}-{name}"}
    return json.dumps({**told, "attributes": {"amount": 12.50}})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    events = [
        line("a/b", "OrderPlaced", "2026-01-01T09:00:00Z"),
        line("a/b", "PaymentReceived", "2026-01-01T09:10:00Z"),
        line("c", "OrderPlaced", "2026-01-01T10:00:00Z"),
        line("d", "PaymentReceived", "2026-01-01T10:00:00Z"),
    ]
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "changed.yaml").write_text(CHANGED)
    (tmp_path / "events.ndjson").write_text("\n".join(events))
    return tmp_path


def explain(place: Path, *arguments: str | Path, rules: str = "rules.yaml") -> tuple[int, str, str]:
    done = noshow("rules", "explain", rules, *arguments, cwd=place)
    return done.code, done.out, done.err


def test_a_rule_in_each_form(place: Path) -> None:
    code, text, _ = explain(place)
    assert (code, "└─ ItemShipped  within 48 h" in text) == (0, True)
    code, text, _ = explain(place, "--format", "mermaid")
    assert (code, text.startswith("flowchart TD\n")) == (0, True)
    code, text, _ = explain(place, "--format", "svg")
    assert (code, ElementTree.fromstring(text).tag) == (0, "{http://www.w3.org/2000/svg}svg")
    code, text, _ = explain(place, "--format", "sql", "--as-of", "2026-01-01T00:00:00Z")
    assert (code, text.startswith("SET param_p0 = '1767225600000000';\n")) == (0, True)


def test_an_order_of_a_file(place: Path) -> None:
    code, text, told = explain(place, *ORDER, "--events", "events.ndjson")
    assert (code, told) == (0, "as of 2026-01-01T10:00:00Z\n")
    lines = text.splitlines()
    assert [it for it in lines if not it.startswith(" ")] == [
        "order-fulfilment a/b: running",
        "PaymentReceived: on_time",
        "ItemShipped: pending",
    ]
    assert "  came          PaymentReceived a/b-PaymentReceived of shop, 2026-01-01 09:10 UTC" in lines
    assert "  due           2026-01-03 09:10 UTC: 48 h after PaymentReceived" in lines


def test_an_order_at_another_instant(place: Path) -> None:
    _, text, _ = explain(place, *ORDER, "--events", "events.ndjson", "--as-of", "2026-01-01T09:05:00Z")
    assert "PaymentReceived: pending\n  state         it may still come: due 2026-01-01 09:15 UTC\n" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--correlation-id", "nobody", "--events", "events.ndjson"], "there is no event of nobody"),
        (["--correlation-id", "d", "--events", "events.ndjson"], "nothing had begun for d as of 2026-01-01T10:00:00Z"),
        ([*ORDER, "--data", "none"], "none: no events are stored there"),
        ([*ORDER, "--url", "localhost"], "expected an address such as http://"),
        ([*ORDER, "--events", "events.ndjson", "--format", "svg"], "an order is explained in text"),
        (["--workflow", "orders"], "there is no workflow orders in rules.yaml, but order-fulfilment"),
        (["--format", "sql", "--as-of", "noon"], "--as-of noon: "),
    ],
)
def test_each_mistake_gets_one_clear_message(place: Path, arguments: list[str], message: str) -> None:
    code, text, told = explain(place, *arguments)
    assert (code, text) == (2, "")
    assert message in told


def test_a_drawing_shows_one_of_several_workflows(place: Path) -> None:
    (place / "changed.yaml").write_text(RULES.replace("order-fulfilment", "other"))
    code, _, told = explain(place, "--format", "svg", rules=".")
    assert (code, "name one of order-fulfilment, other with --workflow" in told) == (2, True)
    code, text, _ = explain(place, "--format", "svg", "--workflow", "other", rules=".")
    assert (code, text.count("</svg>")) == (0, 1)


@pytest.mark.processes
def test_an_order_of_a_server_and_then_of_its_store(place: Path) -> None:
    with serving(place / "noshow", {"orders.yaml": RULES}) as running:
        data = place / "noshow" / "data"
        assert noshow("events", "import", place / "events.ndjson", "--data", data).code == 0
        until(lambda: httpx.get(f"{running.url}/v1/instances/order-fulfilment/a/b").status_code == 200)
        at = ("--as-of", "2026-01-01T10:00:00Z")
        _, of_file, _ = explain(place, *ORDER, *at, "--events", "events.ndjson", rules="changed.yaml")
        assert LATE in of_file
        for where in (("--url", running.url), ("--data", data)):
            code, text, _ = explain(place, *ORDER, *at, *where, rules="changed.yaml")
            assert (code, text) == (0, of_file)
        code, _, told = explain(place, "--correlation-id", "nobody", "--url", running.url)
        assert (code, "has no instance nobody" in told) == (2, True)
        refused = noshow("rules", "backtest", "changed.yaml", "--against", "rules.yaml", "--data", data, cwd=place)
        assert (refused.code, f"is open in the server at {running.url}" in refused.err) == (2, True)
        running.stop()
    code, text, _ = explain(place, *ORDER, *at, "--data", data, rules="changed.yaml")
    assert (code, text) == (0, of_file)
    done = noshow("rules", "backtest", "changed.yaml", "--against", "rules.yaml", "--data", data, cwd=place)
    assert (done.code, "1 newly flagged, 0 no longer, 0 still" in done.out) == (0, True)
