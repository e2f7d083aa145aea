"""`noshow rules lint` as a process: what warnings do to the exit code, and where the events come from."""

import json
from pathlib import Path

import pytest

from noshow.linting import problems
from rules.lint import load
from store.clickhouse import ClickHouse
from tests.end_to_end.process import noshow as serving
from tests.noshow.command import noshow

RULES = """\
workflow: orders
start: OrderPlaced
at_risk: start.amont
steps:
  PaymentRecieved: {within: 15m}
  OrderClosed: {within: 40d}
"""
EVENTS = [("OrderPlaced", {"amount": 5}), ("PaymentReceived", {}), ("OrderClosed", {})]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "orders.yaml").write_text(RULES)
    lines = [
        {"correlation_id": "o", "source": "s", "name": name, "time": "2026-01-01T09:00:00Z", "attributes": attributes}
        for name, attributes in EVENTS
    ]
    (tmp_path / "events.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def told(err: str) -> list[str]:
    """Line, column and check of each message."""
    messages = [line for line in err.splitlines() if line.startswith("orders.yaml:")]
    return [f"{':'.join(line.split(':')[1:3])} {line[line.rindex('[') + 1 : -1]}" for line in messages]


def test_warnings_are_told_and_no_error_unless_strict(place: Path) -> None:
    done = noshow("rules", "lint", "orders.yaml", cwd=place)
    assert (done.code, done.out) == (0, "1 workflow, 2 steps: no errors, 1 warning\n")
    assert done.err.splitlines()[:3] == [
        'orders.yaml:1:11: warning: nobody owns the workflow "orders" [no-owner]',
        "    workflow: orders",
        "              ^",
    ]
    strict = noshow("rules", "lint", "orders.yaml", "--strict", cwd=place)
    assert (strict.code, strict.out) == (2, "")
    assert strict.err.splitlines()[-1].endswith("1 warning in orders.yaml, and --strict takes none")


AGAINST_EVENTS = ["1:11 no-owner", "3:10 unknown-attribute", "5:3 unknown-event"]


def test_held_against_the_events_of_a_file(place: Path) -> None:
    done = noshow("rules", "lint", "orders.yaml", "--events", "events.ndjson", cwd=place)
    assert (done.code, told(done.err)) == (0, AGAINST_EVENTS)
    assert "hint: did you mean amount?" in done.err and "hint: did you mean PaymentReceived?" in done.err
    assert noshow("rules", "lint", "orders.yaml", "--events", "events.ndjson", "--strict", cwd=place).code == 2


@pytest.mark.processes
def test_held_against_what_a_server_has_stored(place: Path) -> None:
    with serving(place / "noshow", {}) as running:
        data = place / "noshow" / "data"
        refused = noshow("rules", "lint", "orders.yaml", "--data", data, cwd=place)
        assert (refused.code, f"is open in the server at {running.url}" in refused.err) == (2, True)
        assert noshow("events", "import", place / "events.ndjson", "--data", data).code == 0
        running.stop()
    done = noshow("rules", "lint", "orders.yaml", "--data", data, cwd=place)
    assert (done.code, told(done.err)) == (0, AGAINST_EVENTS)


def test_without_any_event_the_rules_are_held_against_none(
    place: Path, clickhouse: ClickHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [it.check for it in problems(load(place / "orders.yaml"), None, clickhouse)] == ["no-owner"]
    assert capsys.readouterr().err == "no events are stored, so the rules are held against none\n"


def test_of_several_versions_the_newest_is_held_against_the_attributes_of_the_newest_events(place: Path) -> None:
    later = "workflow: orders\nversion: 2\neffective_from: 2026-01-01\n" + RULES.split("\n", 1)[1]
    (place / "orders-2.yaml").write_text(later.replace("amont", "sum"))
    done = noshow("rules", "lint", ".", "--events", "events.ndjson", "--ignore", "no-owner", cwd=place)
    assert [line.split(" ")[0] for line in done.err.splitlines() if "unknown-attribute" in line] == [
        "orders-2.yaml:5:10:"
    ]
    assert sum("[unknown-event]" in line for line in done.err.splitlines()) == 2


def test_warnings_of_a_check_can_be_left_out_but_errors_can_not(place: Path) -> None:
    done = noshow("rules", "lint", "orders.yaml", "--strict", "--ignore", "no-owner", cwd=place)
    assert (done.code, done.out, done.err) == (0, "1 workflow, 2 steps: no errors\n", "")
    (place / "orders.yaml").write_text(RULES + "colour: red\n")
    done = noshow("rules", "lint", "orders.yaml", "--ignore", "unknown-key", cwd=place)
    assert (done.code, told(done.err)) == (2, ["7:1 unknown-key"])
    done = noshow("rules", "lint", "orders.yaml", "--ignore", "unknown-keys", cwd=place)
    assert done.code == 2 and "'unknown-keys' is not one of" in done.err


def test_the_settings_say_for_how_long_instances_are_judged(place: Path) -> None:
    (place / "noshow.yaml").write_text("evaluator: {retention: 30d}\n")
    assert told(noshow("rules", "lint", "orders.yaml", cwd=place).err) == ["1:11 no-owner", "6:25 beyond-retention"]
    (place / "other.yaml").write_text("evaluator: {retention: 60d}\n")
    done = noshow("rules", "lint", "orders.yaml", "--config", "other.yaml", cwd=place)
    assert told(done.err) == ["1:11 no-owner"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--events", "nowhere.ndjson"], 2, "nowhere.ndjson: No such file"),
        (["--data", "nowhere"], 2, "no events are stored there"),
        (["--config", "nowhere.yaml"], 2, "nowhere.yaml"),
    ],
)
def test_what_it_can_not_be_held_against(place: Path, options: list[str], code: int, message: str) -> None:
    done = noshow("rules", "lint", "orders.yaml", *options, cwd=place)
    assert done.code == code and message in done.err
