"""`noshow events try`: a mapping, tried on a file."""

import gzip
import json
from pathlib import Path

import pytest

from tests.noshow.command import Result, noshow

SETTINGS = """\
collector:
  sources:
    payments:
      correlation_id: [/order, $message.header#/Order-Id, $message.key]
      name: /type
      time: /at
      rename: {captured: PaymentReceived}
"""
DOCUMENTS = [
    {"type": "captured", "at": "2025-11-20T12:00:00Z", "order": 17, "amount": 1.5},
    {"type": "captured", "at": "2025-11-20T12:00:00Z"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "noshow.yaml").write_text(SETTINGS)
    (tmp_path / "array.json").write_text(json.dumps(DOCUMENTS, indent=2))
    (tmp_path / "lines.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, DOCUMENTS)).encode()))
    return tmp_path


def tried(folder: Path, file: str, *more: str) -> Result:
    return noshow("events", "try", folder / file, "--config", folder / "noshow.yaml", *more)


def test_what_is_read_is_shown_and_what_is_not_says_why(folder: Path) -> None:
    for file in ("array.json", "lines.gz"):
        done = tried(folder, file, "--source", "payments")
        assert done.code == 1
        head, row = done.out.splitlines()
        assert head.split("  ")[0] == "CORRELATION ID"
        assert row.split()[:4] == ["17", "PaymentReceived", "2025-11-20T12:00:00Z", "payments"]
        assert f"{file}: event 2: correlation_id: missing; nor is it at /order or $message.header#/Order-Id" in done.err
        assert "1 events would be taken, 1 would not" in done.err


def test_headers_and_the_key_of_a_message_can_be_given_and_the_outcome_be_judged(folder: Path) -> None:
    done = tried(folder, "array.json", "--source", "payments", "--key", "k", "--format", "jsonl")
    assert done.code == 0
    assert [json.loads(line)["correlation_id"] for line in done.out.splitlines()] == ["17", "k"]
    assert json.loads(done.out.splitlines()[0])["attributes"] == DOCUMENTS[0]
    headed = tried(folder, "array.json", "--source", "payments", "--header", "order-id: h")
    assert [line.split()[0] for line in headed.out.splitlines()[1:]] == ["17", "h"]


@pytest.mark.parametrize(
    ("content", "more", "reason"),
    [
        (b"{\n broken", (), "file: line 2, column 2: not JSON: expecting property name"),
        (b"", (), "the body is empty"),
        (b"{}", ("--header", "order"), "expected 'name: value'"),
        (b"{}", ("--source", "a\tb"), "source: holds a control character"),
    ],
)
def test_what_is_no_file_of_events_is_wrong_usage(
    folder: Path, content: bytes, more: tuple[str, ...], reason: str
) -> None:
    (folder / "file").write_bytes(content)
    done = tried(folder, "file", *more)
    assert done.code == 2
    assert reason in done.err
