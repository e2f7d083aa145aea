"""The loops that settle cases, wired: sources of truth are asked, what they say is brought back, actions are called."""

import os
from dataclasses import dataclass

from noshow.stores import Stores
from reconcile.actions.worker import Worker
from reconcile.outgoing.call import Caller
from reconcile.rulebook import Rulebook
from reconcile.truth.asker import Asker, source
from reconcile.truth.drainer import Drainer
from store.settings import Settings


@dataclass(frozen=True, slots=True)
class Settling:
    """`asker` asks the sources, `drainer` brings testimony to ClickHouse, and `worker` calls what was asked for."""

    asker: Asker
    drainer: Drainer
    worker: Worker

    @classmethod
    def build(cls, opened: Stores, rulebook: Rulebook, settings: Settings) -> "Settling":
        sources = source(opened.clickhouse, rulebook, settings, os.environ)
        asker = Asker.build(opened.database, rulebook, sources, settings)
        call = Caller(allow_private=settings.outgoing.allow_private)
        worker = Worker(opened.database, call, os.environ)
        return cls(asker, Drainer(opened.clickhouse, opened.database), worker)
