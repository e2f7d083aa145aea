"""`noshow check` and `noshow rules lint` as processes: contracts, exit codes, one clear message for what is wrong."""

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.noshow.command import noshow

RULES = """\
workflow: order-fulfilment
start: OrderPlaced
steps:
  PaymentReceived: {within: 15m}
  ItemShipped: {after: PaymentReceived, within: 48h, due: PaymentReceived.promised}
"""


def line(order: str, name: str, time: str, **more: object) -> str:
    return json.dumps({"correlation_id": order, "name": name, "time": time, "source": "test", **more})


EVENTS = "\n".join(
    [
        line("b", "OrderPlaced", "2026-01-01T10:00:00Z"),
        line("a", "OrderPlaced", "2026-01-01T09:00:00Z"),
        line("a", "PaymentReceived", "2026-01-01T09:15:00.5Z", attributes={"promised": "2026-01-01T12:00:00+01:00"}),
        line("c", "OrderPlaced", "2026-01-01T11:59:00Z"),
        line("a", "ItemShipped", "2026-01-01T12:00:00Z"),
    ]
)

VERDICTS = [
    {
        "workflow": "order-fulfilment",
        "version": 1,
        "correlation_id": "a",
        "state": "complete",
        "start": "2026-01-01T09:00:00Z",
        "steps": {
            "PaymentReceived": {"state": "late", "at": "2026-01-01T09:15:00.5Z", "due": "2026-01-01T09:15:00Z"},
            "ItemShipped": {"state": "late", "at": "2026-01-01T12:00:00Z", "due": "2026-01-01T11:00:00Z"},
        },
        "findings": [{"step": "PaymentReceived", "kind": "late"}, {"step": "ItemShipped", "kind": "late"}],
    },
    {
        "workflow": "order-fulfilment",
        "version": 1,
        "correlation_id": "b",
        "state": "incomplete",
        "start": "2026-01-01T10:00:00Z",
        "steps": {
            "PaymentReceived": {"state": "missing", "at": None, "due": "2026-01-01T10:15:00Z"},
            "ItemShipped": {"state": "waiting", "at": None, "due": None},
        },
        "findings": [{"step": "PaymentReceived", "kind": "missing"}],
    },
    {
        "workflow": "order-fulfilment",
        "version": 1,
        "correlation_id": "c",
        "state": "running",
        "start": "2026-01-01T11:59:00Z",
        "steps": {
            "PaymentReceived": {"state": "pending", "at": None, "due": "2026-01-01T12:14:00Z"},
            "ItemShipped": {"state": "waiting", "at": None, "due": None},
        },
        "findings": [],
    },
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "events.ndjson").write_text(EVENTS)
    return tmp_path


def test_jsonl_is_the_contract(place: Path) -> None:
    (place / "events.ndjson.gz").write_bytes(gzip.compress(EVENTS.encode()))
    for file in ("events.ndjson", "events.ndjson.gz"):
        done = noshow("check", "--rules", "rules.yaml", "--events", file, "--format", "jsonl", cwd=place)
        assert [json.loads(told) for told in done.out.splitlines()] == VERDICTS
        assert done.code == 1
        assert "as of 2026-01-01T12:00:00Z" in done.err


def test_flagged_leaves_out_what_is_well(place: Path) -> None:
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson", "--flagged", "--format", "jsonl")
    assert [json.loads(told) for told in done.out.splitlines()] == VERDICTS[:2]


def test_as_of_an_instant_later_events_do_not_exist(place: Path) -> None:
    at = "2026-01-01T10:10:00Z"
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson", "--as-of", at, "--format", "jsonl")
    states = {told["correlation_id"]: told["state"] for told in map(json.loads, done.out.splitlines())}
    assert states == {"a": "running", "b": "running"}


def test_nothing_flagged_is_exit_code_0_and_the_table_says_so(place: Path) -> None:
    (place / "events.ndjson").write_text(EVENTS.splitlines()[0])
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson")
    assert (done.code, done.out.split()[:3]) == (0, ["order-fulfilment", "b", "running"])
    assert "findings: none" in done.err


def test_nothing_is_left_behind(place: Path) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    inside = set(place.iterdir())
    (place / "tmp").mkdir()
    done = noshow("check", "--rules", "rules.yaml", "--events", "events.ndjson", cwd=place, environ={"TMPDIR": "tmp"})
    assert done.code == 1
    assert list((place / "tmp").iterdir()) == []
    assert set(place.iterdir()) - inside == {place / "tmp"}
    assert not [new for new in set(Path(tempfile.gettempdir()).iterdir()) - before if "chdb" in new.name]


def test_bad_lines_are_named_and_their_neighbours_judged(place: Path) -> None:
    bad = [
        "this is no JSON",
        line("d", "", "2026-01-01T11:00:00Z"),
        line("", "OrderPlaced", "2026-01-01T11:00:00Z"),
        line("d", "OrderPlaced", "yesterday"),
        line("d", "OrderPlaced", "2026-01-01T11:00:00Z", attributes=[1]),
        line("d", "OrderPlaced", "2026-01-01T11:00:00Z", attributs={}),
    ]
    (place / "events.ndjson").write_text("\n".join([*bad, EVENTS]))
    done = noshow("check", "--rules", "rules.yaml", "--events", "events.ndjson", "--format", "jsonl", cwd=place)
    assert [json.loads(told) for told in done.out.splitlines()] == VERDICTS
    told = [text for text in done.err.splitlines() if text.startswith("events.ndjson:")]
    assert [text.split(":")[1] for text in told] == ["1", "2", "3", "4", "5", "6"]
    for text, field in zip(told, ["JSON", "name", "correlation_id", "time", "attributes", "attributs"], strict=True):
        assert field in text
    assert "6 of 11 lines were no events and are left out" in done.err


def test_odd_attributes_harm_nobody(place: Path) -> None:
    odd = '{"correlation_id":"o","name":"OrderPlaced","time":"2026-01-01T09:00:00Z","attributes":{"a.b":1,"a":{"b":2}}}'
    text = line("p", "PaymentReceived", "2026-01-01T09:00:00Z", attributes={"promised": {"no": "time"}, "amount": "12"})
    (place / "events.ndjson").write_text("\n".join([odd, text, EVENTS]))
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson", "--format", "jsonl")
    told = [json.loads(it) for it in done.out.splitlines()]
    assert told[:3] == VERDICTS
    assert told[3]["correlation_id"] == "o"


def test_a_due_that_is_no_timestamp_is_counted_and_shown(place: Path) -> None:
    events = [
        line("a", "OrderPlaced", "2026-01-01T09:00:00Z"),
        line("a", "PaymentReceived", "2026-01-01T09:05:00Z", attributes={"promised": "soon"}),
    ]
    (place / "events.ndjson").write_text("\n".join(events))
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson")
    assert "no deadline by the `due` of ItemShipped, which gave no timestamp: 1 times" in done.err


def judged(place: Path, rules: dict[str, str], *events: str) -> tuple[dict[tuple[str, str], dict[str, Any]], str]:
    """What `check` says of each (workflow, correlation ID), and what it says beside."""
    (place / "rules.yaml").unlink()
    for name, text in rules.items():
        (place / name).write_text(text)
    (place / "events.ndjson").write_text("\n".join(events))
    done = noshow("check", "--rules", place, "--events", place / "events.ndjson", "--format", "jsonl")
    told = [json.loads(it) for it in done.out.splitlines()]
    return {(it["workflow"], it["correlation_id"]): it for it in told}, done.err


PARCELS = """\
workflow: parcels
start: OrderPlaced
orphans: flag
steps:
  ParcelSent: {within: 2h, times: OrderPlaced.parcels, warn: 50%}
"""


def test_what_is_counted_and_warned_of_is_in_the_line_and_so_are_orphans(place: Path) -> None:
    found, _ = judged(
        place,
        {"parcels.yaml": PARCELS},
        line("a", "OrderPlaced", "2026-01-01T09:00:00Z", attributes={"parcels": 3}),
        line("a", "ParcelSent", "2026-01-01T10:30:00Z"),
        line("b", "ParcelSent", "2026-01-01T09:00:00Z"),
    )
    assert found["parcels", "a"]["steps"] == {
        "ParcelSent": {
            "state": "pending",
            "at": None,
            "due": "2026-01-01T11:00:00Z",
            "count": 1,
            "needed": 3,
            "warned": "2026-01-01T10:00:00Z",
        }
    }
    assert found["parcels", "b"] == {
        "workflow": "parcels",
        "version": 1,
        "correlation_id": "b",
        "state": "orphan",
        "start": None,
        "steps": {},
        "findings": [{"step": None, "kind": "orphan"}],
    }


def test_testimony_of_an_exported_file_counts(place: Path) -> None:
    said = {"workflow": "order-fulfilment", "step": "PaymentReceived", "actor": "eve", "reason": "bank says so"}
    found, told = judged(
        place,
        {"orders.yaml": RULES},
        line("a", "OrderPlaced", "2026-01-01T09:00:00Z"),
        line("a", "confirmed", "2026-01-01T09:05:00Z", source="noshow", id="w1", attributes=said),
        line("b", "OrderPlaced", "2026-01-01T12:00:00Z"),
    )
    payment = found["order-fulfilment", "a"]["steps"]["PaymentReceived"]
    assert (payment["state"], payment["at"]) == ("on_time", "2026-01-01T09:05:00Z")
    assert "event names that no rule mentions" not in told


def test_versions_are_judged_each_for_its_time_and_told_in_one_order(place: Path) -> None:
    versions = {
        f"v{number}.yaml": f"workflow: w\nversion: {number}\neffective_from: {since}\nstart: S\n"
        f"steps:\n  B: {{within: {number}h}}\n"
        for number, since in ((2, "2026-01-01T10:00:00Z"), (3, "2026-01-01T11:00:00Z"))
    }
    starts = [line(name, "S", f"2026-01-01T{hour}:30:00Z") for name, hour in (("c", 10), ("a", 10), ("b", 11))]
    found, told = judged(place, versions, *starts, line("old", "S", "2026-01-01T09:59:59Z"))
    assert [(id, it["version"]) for (_, id), it in found.items()] == [("a", 2), ("b", 3), ("c", 2)]
    assert "1 instance is older than every version of w and was not judged" in told


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--rules", "nowhere", "--events", "events.ndjson"], 2, "nowhere:1:1: this can't be read"),
        (["--rules", "rules.yaml", "--events", "none"], 2, "none: No such file or directory"),
        (["--rules", "rules.yaml", "--events", "."], 2, ".: Is a directory"),
        (["--rules", "rules.yaml", "--events", "events.ndjson", "--as-of", "soon"], 2, "--as-of soon"),
        (["--rules", "rules.yaml", "--events", "events.ndjson", "--form", "xml"], 2, "No such option"),
        (["--rules", "rules.yaml", "--events", "rubbish"], 3, "rubbish: there is no event in it"),
        (["--rules", "rules.yaml", "--events", "cut.gz"], 3, "cut.gz: cannot be read to its end"),
        (["--rules", "cycle.yaml", "--events", "events.ndjson"], 2, "cycle.yaml:4:14: a step can't wait for itself"),
    ],
)
def test_each_mistake_gets_one_clear_message(place: Path, arguments: list[str], code: int, message: str) -> None:
    (place / "rubbish").write_bytes(bytes(range(256)) * 40)
    (place / "cut.gz").write_bytes(gzip.compress(EVENTS.encode())[:60])
    (place / "cycle.yaml").write_text("workflow: x\nstart: A\nsteps:\n  B: {after: B, within: 5s}\n")
    done = noshow("check", *arguments, cwd=place)
    assert done.code == code
    assert message in done.err
    assert done.out == ""


def test_lint_lists_every_problem_with_its_place(place: Path) -> None:
    (place / "rules.yaml").write_text(RULES.replace("within: 15m", "witin: 15m").replace("48h", "48 hours"))
    done = noshow("rules", "lint", "rules.yaml", cwd=place)
    assert done.code == 2
    assert "rules.yaml:4:21: unknown key" in done.err
    assert "rules.yaml:5:49: " in done.err
    assert done.err.rstrip().endswith("errors in rules.yaml")


def test_lint_of_good_rules_says_how_many(place: Path) -> None:
    (place / "rules.yaml").write_text(RULES + "owner: orders\n")
    done = noshow("rules", "lint", place)
    assert (done.code, done.out) == (0, "1 workflow, 2 steps: no errors\n")
    (place / "rules-2.yaml").write_text(RULES + "owner: orders\nversion: 2\neffective_from: 2026-01-01\n")
    assert noshow("rules", "lint", place).out == "1 workflow in 2 versions, 4 steps: no errors\n"


def test_what_no_rule_looks_at_is_told(place: Path) -> None:
    (place / "rules.yaml").write_text(RULES.replace("start: OrderPlaced", "start: OrderPlacd"))
    done = noshow("check", "--rules", "rules.yaml", "--events", "events.ndjson", cwd=place)
    assert (done.code, done.out) == (0, "")
    assert "correlation IDs that have no start event of any rule (OrderPlacd): 3" in done.err
    assert "event names that no rule mentions: OrderPlaced (3)" in done.err


def test_no_rule_at_all_is_wrong_usage(place: Path) -> None:
    (place / "empty").mkdir()
    done = noshow("check", "--rules", "empty", "--events", "events.ndjson", cwd=place)
    assert (done.code, "empty: there is no rule file in it" in done.err) == (2, True)


def test_output_that_cannot_be_written_is_a_fault(place: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "noshow", "check", "--rules", "rules.yaml", "--events", "events.ndjson"],
            cwd=place,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "noshow: [Errno 28] No space left on device" in done.stderr


def test_told_to_stop_it_tidies_up_and_does_not_say_flagged(place: Path) -> None:
    (place / "tmp").mkdir()
    os.mkfifo(place / "endless")
    check = subprocess.Popen(
        [sys.executable, "-m", "noshow", "check", "--rules", "rules.yaml", "--events", "endless"],
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(place / "tmp")},
        stderr=subprocess.DEVNULL,
    )
    with (place / "endless").open("wb") as pipe:  # opens when it is being read, by when the store is there
        check.terminate()
        assert check.wait(60) == 130
        pipe.close()
    assert list((place / "tmp").iterdir()) == []
