"""A real `noshow serve` in a process of its own: started, killed, started again."""

import base64
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.web_server import client_of

PATIENCE = 120  # seconds until something that must happen has happened; on a slow machine it may take a while
EACH_CASE = {"group_by": ["case"], "group_wait": "0s", "group_interval": "0s"}  # a message for every change
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@dataclass
class Noshow:
    """`place` holds the settings, the rules, the data and the log. `port` stays the same over restarts."""

    place: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.place / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "noshow", "serve", "--config", str(self.place / "noshow.yaml")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/bin:/bin"},
            )
        until_ready(self.url, self.process, self.place / "log")

    def kill(self) -> None:
        """`kill -9`: nothing gets a chance to tidy up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """As an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def log(self) -> str:
        return (self.place / "log").read_text()

    def stored(self) -> dict[str, Any]:
        """What the stores hold, read by a process of its own after this one has ended."""
        told = subprocess.run(
            [sys.executable, "-m", "tests.end_to_end.stored", str(self.place / "data")],
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(told.stdout)
        return answer


def until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when the process answers that it is ready; fails when it has ended, or patience has."""
    with client_of(url) as client:
        for _ in range(PATIENCE * 20):
            assert process.poll() is None, log.read_text()
            with suppress(httpx.TransportError):
                if client.get("/readyz").status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError(f"{url} did not get ready:\n{log.read_text()}")


@contextmanager
def noshow(place: Path, rules: Mapping[str, str], notify: str = "", **settings: object) -> Iterator[Noshow]:
    """Started with these rule files; `notify` is the address of the one endpoint. It is killed in the end."""
    (place / "rules").mkdir(parents=True)
    for name, text in rules.items():
        (place / "rules" / name).write_text(text)
    port = free_port()
    config: dict[str, object] = {"data": "data", "rules": "rules", "port": port, "collector": {"grpc_port": 0}}
    if notify:
        config["outgoing"] = {"allow_private": True}
        config["notify"] = {"endpoints": {"default": {"url": notify, "secret": SECRET}}, "route": EACH_CASE}
    config |= {name: it for name, it in settings.items() if it}
    (place / "noshow.yaml").write_text(yaml.safe_dump(config))
    running = Noshow(place, port)
    try:
        running.start()
        yield running
    finally:
        running.kill()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
