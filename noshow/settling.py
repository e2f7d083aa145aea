"""The loops that settle cases, wired: sources of truth are asked and swept, testimony is brought, actions called."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Event

from noshow.stores import Stores
from reconcile.actions.automatic import Automat
from reconcile.actions.worker import Worker
from reconcile.outgoing.call import Call, Caller
from reconcile.rulebook import Rulebook
from reconcile.truth.asker import Asker
from reconcile.truth.drainer import Drainer
from reconcile.truth.source import Source
from reconcile.truth.sweep.listing import LARGEST, Listing
from reconcile.truth.sweep.sweeper import Sweeper
from store.clock import Clock
from store.settings import Settings

CALLERS = 4
"""Threads that call actions: one provider that hangs keeps one of them for 15 s."""

Loop = Callable[[Clock, Event], None]


@dataclass(frozen=True, slots=True)
class Settling:
    """`asker` asks the sources, `sweepers` go through their lists, `drainer` brings testimony to ClickHouse, `worker`
    calls what was asked for, and `automat` asks for what rules say."""

    asker: Asker
    drainer: Drainer
    worker: Worker
    automat: Automat
    sweepers: Mapping[str, Sweeper]

    @property
    def loops(self) -> Iterator[tuple[str, Loop]]:
        """Each with its name."""
        yield "asker", self.asker.run
        yield "drainer of testimony", self.drainer.run
        for number in range(CALLERS):
            yield f"caller of actions {number + 1}", self.worker.run
        yield "automatic actions", self.automat.run
        yield from ((f"sweep {name}", it.run) for name, it in self.sweepers.items())

    @classmethod
    def build(cls, opened: Stores, rulebook: Rulebook, settings: Settings, source: Source) -> "Settling":
        asker = Asker.build(opened.database, rulebook, source, settings)
        call = Caller(allow_private=settings.outgoing.allow_private)
        worker = Worker(opened.database, call, os.environ)
        drainer = Drainer(opened.clickhouse, opened.database)
        automat = Automat(opened.clickhouse, opened.database, rulebook, settings.actions.automatic_per_hour)
        return cls(
            asker, drainer, worker, automat, _sweepers(opened, rulebook, settings, partial(call, largest=LARGEST))
        )


def _sweepers(opened: Stores, rulebook: Rulebook, settings: Settings, call: Call) -> Mapping[str, Sweeper]:
    return {
        name: Sweeper(opened.clickhouse, opened.database, rulebook, Listing(it, call, os.environ), opened.holder)
        for name, it in settings.sweeps.items()
    }
