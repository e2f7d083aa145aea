"""The loops that settle what is missing, wired: the sources of truth are asked, and what they say is brought back."""

import os
from dataclasses import dataclass

from noshow.stores import Stores
from reconcile.rulebook import Rulebook
from reconcile.truth.asker import Asker, source
from reconcile.truth.drainer import Drainer
from store.settings import Settings


@dataclass(frozen=True, slots=True)
class Settling:
    """`asker` asks the sources, and `drainer` brings testimony to ClickHouse."""

    asker: Asker
    drainer: Drainer

    @classmethod
    def build(cls, opened: Stores, rulebook: Rulebook, settings: Settings) -> "Settling":
        sources = source(opened.clickhouse, rulebook, settings, os.environ)
        asker = Asker.build(opened.database, rulebook, sources, settings)
        return cls(asker, Drainer(opened.clickhouse, opened.database))
