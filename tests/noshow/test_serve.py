"""`noshow serve` as a process: what it refuses, and how it ends."""

import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.drill import until
from tests.end_to_end.orders import RULES, orders
from tests.end_to_end.process import noshow as serving
from tests.noshow.command import noshow
from tests.web_server import client_of

pytestmark = pytest.mark.processes


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "orders.yaml"
    path.write_text(RULES)
    return path


def test_a_port_in_use_is_one_clear_message(tmp_path: Path, rules: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = noshow("serve", "--rules", rules, "--data", tmp_path / "data", "--port", port)
    assert done.code == 3
    assert done.err == f"noshow: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_so_is_the_port_for_grpc(tmp_path: Path, rules: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environ = {"NOSHOW_COLLECTOR_GRPC_PORT": port}
        done = noshow("serve", "--rules", rules, "--data", tmp_path / "data", "--port", "0", environ=environ)
    assert done.code == 3
    assert done.err.splitlines()[-1] == (
        f"noshow: cannot listen on 127.0.0.1 port {port} for OTLP over gRPC: is the port in use? "
        "Set collector.grpc_port to another one, or to off."
    )


def test_nobody_who_did_not_ask_for_grpc_fails_for_its_port(tmp_path: Path, rules: Path) -> None:
    command = [sys.executable, "-m", "noshow", "serve", "--rules", str(rules), "--data", str(tmp_path), "--port", "0"]
    with ExitStack() as stack:
        with suppress(OSError):  # then somebody else has it, which does as well
            stack.enter_context(socket.create_server(("127.0.0.1", 4317)))
        server = stack.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        assert server.stderr is not None
        told: list[str] = []
        while not told or "is listening on" not in told[-1]:
            told.append(server.stderr.readline())
        server.terminate()
        assert server.wait(60) == 0
    assert any(line.startswith("OTLP over gRPC is not taken: cannot listen on 127.0.0.1 port 4317") for line in told)


def test_a_data_directory_that_cannot_be_written(rules: Path) -> None:
    done = noshow("serve", "--rules", rules, "--data", "/proc/nowhere")
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "/proc/nowhere cannot be used as data directory" in done.err


def test_rules_with_errors_are_refused_before_anything_is_opened(tmp_path: Path, rules: Path) -> None:
    rules.write_text("workflow: x\n")
    done = noshow("serve", "--rules", rules, "--data", tmp_path / "data")
    assert done.code == 2
    assert not (tmp_path / "data").exists()


def test_a_part_alone_refuses_embedded_stores(rules: Path) -> None:
    for part in ("collector", "evaluator", "reconciler", "api"):
        done = noshow(part, "--rules", rules)
        assert (done.code, "set clickhouse.url and database.url" in done.err) == (2, True)


def test_a_second_server_on_the_same_data_is_refused_and_import_finds_the_first(tmp_path: Path, rules: Path) -> None:
    made = orders(20)
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join([*made.lines, b"rubbish"]))
    with serving(tmp_path / "noshow", {"orders.yaml": RULES}) as running:
        data = tmp_path / "noshow" / "data"
        second = noshow("serve", "--rules", rules, "--data", data, "--port", "0")
        assert second.code == 3
        assert f"in use by process {running.process.pid if running.process else 0}" in second.err
        assert running.url in second.err
        imported = noshow("events", "import", file, "--data", data)
        assert imported.code == 3, "one line was no event"
        assert f"{file}:{len(made.lines) + 1}: " in imported.err
        assert f"{len(made.lines)} events accepted, 1 lines left out" in imported.err
        running.stop()
        assert running.process is not None
        assert running.process.returncode == 0
        assert "Traceback" not in running.log()
    gone = noshow("events", "import", file, "--data", data)
    assert (gone.code, "no server runs on" in gone.err) == (2, True)


def test_a_directory_that_lost_its_rules_is_no_reason_to_close_every_case(tmp_path: Path) -> None:
    with serving(tmp_path, {"orders.yaml": RULES}) as running:
        until(lambda: bool(httpx.get(f"{running.url}/v1/rules").json()["items"]))
        running.stop()
    (tmp_path / "rules" / "orders.yaml").unlink()
    done = noshow("serve", "--config", tmp_path / "noshow.yaml")
    assert (done.code, "there is no rule file here, but order-fulfilment was in force" in done.err) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_good_order_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path / "noshow", {"orders.yaml": RULES}) as running:
        assert running.process is not None
        server_file = tmp_path / "noshow" / "data" / "server.json"
        assert server_file.exists()
        running.process.send_signal(number)
        assert running.process.wait(60) == 0
        assert not server_file.exists()


def test_bad_requests_get_one_shape_of_answer(tmp_path: Path) -> None:
    with serving(tmp_path / "noshow", {"orders.yaml": RULES}) as running, client_of(running.url) as client:
        json, text = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
        broken = (_chunk for _chunk in [b"{" * 1_000_000] * 100)
        answers = {
            client.post("/v1/events", content=b"no json", headers=json).status_code: 400,
            client.post("/v1/events", content=b"{}", headers=text).status_code: 415,
            client.post("/v1/events", content=broken, headers=json).status_code: 413,
            client.get("/v1/nothing").status_code: 404,
            client.delete("/v1/events").status_code: 405,
            client.get("/v1/instances?limt=1").status_code: 400,
        }
        assert all(got == expected for got, expected in answers.items())
        for answer in (client.post("/v1/events", content=b"no json", headers=json), client.get("/v1/nothing")):
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json().keys() >= {"type", "title", "status", "detail"}
        assert client.get("/healthz").status_code == 200


def test_an_import_says_at_once_what_is_wrong_with_an_address(tmp_path: Path) -> None:
    done = noshow("events", "import", tmp_path / "none.ndjson", "--url", "127.0.0.1:8080")
    assert (done.code, "expected an address such as http://" in done.err) == (2, True)
