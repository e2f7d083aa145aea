"""Processes that are killed and started again: all of Noshow in one on embedded stores, or each part on servers."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.end_to_end.process import EACH_CASE, PATIENCE, SECRET, free_port, until_ready
from tests.faults.live_shop import RULES

# Rounds, backlogs and sweeps of many small pieces: so that a kill comes in the middle of each.
EVALUATOR = {"tick": "100ms", "sweep_every": "1s", "sweep_slices": 4}
BATCH = 20

PARTS = ("evaluator", "evaluator", "reconciler", "collector", "api")
"""Two evaluators, of which one takes over from the other."""


@dataclass
class Victim:
    """A process of the product. Its port stays the same over its lives."""

    command: str
    config: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def spawn(self) -> None:
        """Returns at once."""
        options = ["--config", str(self.config), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "noshow", self.command, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/bin:/bin"},
            )

    def until_ready(self) -> None:
        assert self.process is not None
        until_ready(self.url, self.process, self.log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(PATIENCE) == 0


@dataclass(frozen=True)
class Victims:
    """What is killed; where events go, and where verdicts are read."""

    place: Path
    processes: Sequence[Victim]
    intake: str
    answers: str

    @property
    def config(self) -> Path:
        return self.place / "noshow.yaml"

    def change_rules(self, number: int) -> None:
        """By what makes no difference to any verdict, and lets everything be judged again."""
        text = f"description: In its {number}. wording.\n{RULES['orders.yaml']}"
        draft = self.place / "orders.draft"
        draft.write_text(text)
        draft.replace(self.place / "rules" / "orders.yaml")

    def stop(self) -> None:
        for it in self.processes:
            it.stop()

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.place.glob("*.log")))


@contextmanager
def whole(place: Path, owner: str, batch: int = BATCH) -> Iterator[Victims]:
    """`noshow serve` on embedded stores."""
    _write(place, owner, {"data": "data"}, batch)
    victim = Victim("serve", place / "noshow.yaml", place / "serve.log")
    with killed_in_the_end([victim]):
        yield Victims(place, [victim], victim.url, victim.url)


@contextmanager
def parts(place: Path, owner: str, clickhouse: str, database: str, batch: int = BATCH) -> Iterator[Victims]:
    """A process for each part, on stores at these addresses."""
    _write(place, owner, {"data": "data", "clickhouse": {"url": clickhouse}, "database": {"url": database}}, batch)
    victims = [Victim(it, place / "noshow.yaml", place / f"{it}-{n}.log") for n, it in enumerate(PARTS)]
    with killed_in_the_end(victims):
        yield Victims(place, victims, victims[3].url, victims[4].url)


@contextmanager
def killed_in_the_end(processes: Sequence[Victim]) -> Iterator[None]:
    try:
        yield
    finally:
        for it in processes:
            it.kill()


def _write(place: Path, owner: str, stores: Mapping[str, object], batch: int) -> None:
    (place / "rules").mkdir(parents=True)
    for name, text in RULES.items():
        (place / "rules" / name).write_text(text)
    config = {
        **stores,
        "rules": "rules",
        "collector": {"grpc_port": "off"},
        "evaluator": {**EVALUATOR, "batch": batch},
        "outgoing": {"allow_private": True},
        "notify": {"endpoints": {"default": {"url": owner, "secret": SECRET}}, "route": EACH_CASE},
    }
    (place / "noshow.yaml").write_text(yaml.safe_dump(config))
