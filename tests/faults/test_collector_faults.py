"""What surrounds a collector fails, and it goes on: what it acknowledges is judged, once."""

import resource
import socket
from contextlib import ExitStack

import httpx
import pytest

from tests.clickhouse_server import Fault
from tests.faults.collector_line import NDJSON, Line, body, plain, until
from tests.faults.test_collector_kills import batches

pytestmark = pytest.mark.processes

ROOM = 200_000  # bytes that a file may have
AWAY = (Fault.REFUSE, Fault.HANG, Fault.SLOW, Fault.LOST, Fault.CUT, Fault.UNAVAILABLE)


@pytest.mark.parametrize("fault", AWAY)
def test_whatever_clickhouse_does_what_comes_is_taken(line: Line, fault: Fault) -> None:
    with line.server.fault(fault):
        line.send_all(batches(fault, 40, 5))
    line.check()
    until(lambda: line.spooled() == 0)


@pytest.mark.parametrize("fault", AWAY)
def test_lines_that_nobody_had_read_are_taken_too(line: Line, fault: Fault) -> None:
    line.settle(f"before-lines-{fault}")
    with line.server.fault(fault):
        line.send_all(batches(f"lines-{fault}", 10, 50), plain)
    line.check()
    until(lambda: line.spooled() == 0)


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.LOST, Fault.CUT])
def test_what_clickhouse_stored_without_saying_so_is_stored_once(line: Line, fault: Fault) -> None:
    ids = [f"once-{fault}-{n}" for n in range(20)]
    line.settle(f"before-{fault}")
    with line.server.fault(fault):
        assert line.send(ids) == 200
        until(lambda: line.is_stored(ids[0]))
    line.check()
    until(lambda: line.spooled() == 0)
    assert set(line.copies(ids).values()) == {1}


def test_a_full_disk_turns_away_and_is_forgotten_when_there_is_room(line: Line) -> None:
    _, hard = resource.prlimit(line.pid, resource.RLIMIT_FSIZE)
    with line.server.fault(Fault.REFUSE):
        line.send_all(batches("room", 10))
        resource.prlimit(line.pid, resource.RLIMIT_FSIZE, (ROOM, hard))
        refused = [ids for ids in batches("full", 40, 20) if line.send(ids) == 503]
        assert refused
        answer = httpx.post(f"{line.url}/v1/events", content=body(["full-x"]), headers=NDJSON)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        resource.prlimit(line.pid, resource.RLIMIT_FSIZE, (hard, hard))
        line.send_all(refused)
    line.check()


def test_who_goes_away_in_the_middle_of_a_body_leaves_nothing(line: Line) -> None:
    for number in range(20):
        with socket.create_connection(("127.0.0.1", line.port)) as sender:
            sender.sendall(line.head(9_999) + body([f"gone-{number}"]) + b"\n")
    assert line.send(["stayed"]) == 200
    line.check()
    assert not line.is_stored("gone-0")


def test_a_thousand_connections_are_answered(line: Line) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    ids = [f"thousand-{number}" for number in range(1_000)]
    with ExitStack() as stack:
        senders = [stack.enter_context(socket.create_connection(("127.0.0.1", line.port), 60)) for _ in ids]
        for sender, id in zip(senders, ids, strict=True):
            content = body([id])
            sender.sendall(line.head(len(content)) + content)
        answers = [sender.recv(4_096) for sender in senders]
    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    line.acknowledged.update(ids)
    line.check()
