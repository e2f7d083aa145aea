"""`kill -9` of a collector in twelve places. After each it starts again, and what was acknowledged is judged, once."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from tests.clickhouse_server import Fault
from tests.faults.collector_line import Encode, Line, body, plain, until

pytestmark = pytest.mark.processes


def batches(name: str, count: int, size: int = 1) -> list[list[str]]:
    return [[f"{name}-{number}-{n}" for n in range(size)] for number in range(count)]


def sending(line: Line, work: list[list[str]], encode: Encode = body) -> Thread:
    """Senders that try again until they are acknowledged, as all should."""
    thread = Thread(target=line.send_all, args=(work, encode))
    thread.start()
    return thread


def written_at(line: Line) -> int:
    """When the spool was last written to."""
    return (line.place / "data" / "spool" / "spool.sqlite-wal").stat().st_mtime_ns


def has_opened_its_spool(line: Line) -> bool:
    """Whether the process has come so far."""
    try:
        return any(link.readlink().name == "spool.sqlite" for link in Path(f"/proc/{line.pid}/fd").iterdir())
    except FileNotFoundError:  # one was closed meanwhile
        return False


def fill(line: Line, name: str, count: int = 50) -> list[str]:
    """So many requests of one event each go into the spool."""
    with line.server.fault(Fault.REFUSE):
        for ids in batches(name, count):
            assert line.send(ids) == 200
        until(lambda: line.spooled() >= count)
    return [f"{name}-{number}-0" for number in range(count)]


def in_the_middle_of_a_body(line: Line) -> None:
    whole = body(["half-1", "half-2"])
    with socket.create_connection(("127.0.0.1", line.port)) as sender:
        sender.sendall(line.head(len(whole)) + whole[:-10])
        assert line.send(["whole-1"]) == 200
        line.kill()


def under_load(line: Line) -> None:
    before = len(line.acknowledged)
    senders = sending(line, batches("load", 100, 50))
    until(lambda: len(line.acknowledged) > before + 1_000)
    line.kill()
    line.start()
    senders.join()


def under_a_load_that_clickhouse_reads(line: Line) -> None:
    before = len(line.acknowledged)
    senders = sending(line, batches("lines", 60, 50), plain)
    until(lambda: len(line.acknowledged) > before + 500)
    line.kill()
    line.start()
    senders.join()


def when_clickhouse_has_stored_and_not_answered(line: Line) -> None:
    with line.server.fault(Fault.SLOW):
        assert line.send(["stored-1"]) == 200, "the spool acknowledges"
        until(lambda: line.is_stored("stored-1"))
        line.kill()


def while_clickhouse_hangs(line: Line) -> None:
    with line.server.fault(Fault.HANG):
        senders = sending(line, batches("hang", 40))
        until(lambda: "hang-10-0" in line.acknowledged)
        line.kill()
    line.start()
    senders.join()


def as_soon_as_the_spool_has_written(line: Line) -> None:
    """Most likely before the answer: it stops where it is at once, and never goes on."""
    with line.server.fault(Fault.REFUSE):
        assert line.send(["away-1"]) == 200
        before = written_at(line)
        senders = sending(line, batches("written", 8))
        while written_at(line) == before and senders.is_alive():
            pass
        os.kill(line.pid, signal.SIGSTOP)
        line.kill()
    line.start()
    senders.join()


def between_the_insert_of_a_batch_and_its_end(line: Line) -> None:
    ids = fill(line, "between")
    with line.server.fault(Fault.SLOW):
        until(lambda: line.is_stored(ids[0]))
        line.kill()


def when_the_answer_to_a_batch_was_cut_off(line: Line) -> None:
    ids = fill(line, "cut")
    with line.server.fault(Fault.CUT):
        until(lambda: line.is_stored(ids[0]))
        line.kill()


def when_it_starts(line: Line) -> None:
    fill(line, "start")
    line.kill()
    line.spawn()
    until(lambda: has_opened_its_spool(line))
    line.kill()


def while_it_drains_and_more_comes(line: Line) -> None:
    fill(line, "drain", 100)
    senders = sending(line, batches("more", 50))
    until(lambda: line.spooled() < 100)
    line.kill()
    line.start()
    senders.join()


def when_it_was_told_to_end(line: Line) -> None:
    with line.server.fault(Fault.SLOW):
        assert line.send(["end-1"]) == 200
        os.kill(line.pid, signal.SIGTERM)
        line.kill()


def while_clickhouse_is_away_and_it_starts_without(line: Line) -> None:
    with line.server.fault(Fault.REFUSE):
        assert line.send(["without-1"]) == 200
        line.kill()
        line.start()
        assert line.send(["without-2"]) == 200
        line.kill()


PLACES = (
    in_the_middle_of_a_body,
    under_load,
    under_a_load_that_clickhouse_reads,
    when_clickhouse_has_stored_and_not_answered,
    while_clickhouse_hangs,
    as_soon_as_the_spool_has_written,
    between_the_insert_of_a_batch_and_its_end,
    when_the_answer_to_a_batch_was_cut_off,
    when_it_starts,
    while_it_drains_and_more_comes,
    when_it_was_told_to_end,
    while_clickhouse_is_away_and_it_starts_without,
)

ONCE = {when_clickhouse_has_stored_and_not_answered, between_the_insert_of_a_batch_and_its_end}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_what_was_acknowledged_before_a_kill_is_judged_once(line: Line, place: Callable[[Line], None]) -> None:
    before = set(line.acknowledged)
    place(line)
    if not line.runs:
        line.start()
    line.check()
    if place in ONCE:
        new = line.acknowledged - before
        assert set(line.copies(new).values()) == {1}, "a repeat is the same insert by the same token"
