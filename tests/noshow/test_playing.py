"""Stories played by a process of their own, for real."""

from pathlib import Path
from threading import Event, Timer

import pytest

from noshow import playing
from rules.live.player import CannotPlay
from rules.story.result import Result
from tests.rules.story.test_result import FAILED, HELD, RULE, put


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "orders.yaml").write_text(RULE)
    return put(tmp_path, failed=FAILED, held=HELD, nonsense="tests: [")


def test_what_came_of_each_file(files: list[Path]) -> None:
    failed, held, nonsense = playing.apart(files, Event())
    assert held == Result(str(files[1]), "orders", 1, 1, 0, "")
    assert (failed.checks, failed.failed) == (2, 1)
    assert "PaymentReceived missing  (not expected)" in failed.told
    assert (nonsense.failed, nonsense.workflow) == (None, "")


def test_whoever_stops_does_not_wait_for_it(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_COMMAND", ("sleep", "600"))
    stop = Event()
    Timer(0.3, stop.set).start()
    with pytest.raises(CannotPlay, match="the server stops"):
        playing.apart(files, stop)


def test_a_process_that_dies_is_no_result(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_COMMAND", ("sh", "-c", "echo first >&2; echo no memory >&2; exit 7"))
    with pytest.raises(CannotPlay, match="ended with 7: no memory"):
        playing.apart(files, Event())


def test_secrets_stay_here(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOSHOW_DATABASE_URL", "postgresql://secret")
    monkeypatch.setattr(playing, "_COMMAND", ("sh", "-c", "env | grep -c secret >&2; exit 1"))
    with pytest.raises(CannotPlay, match="ended with 1: 0"):
        playing.apart(files, Event())
