"""Finding an order by any identifier that its events ever carried. Times are µs UTC."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.sql import query
from store import identifiers
from store.clickhouse import ClickHouse

MOST = 50
SHORTEST = 3  # letters, of which the beginning of something may consist


@dataclass(frozen=True, slots=True)
class Instance:
    workflow: str
    state: str
    start: int | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A correlation ID, and the workflows that know it: none where no event of it has opened an instance."""

    correlation_id: str
    instances: Sequence[Instance]


@dataclass(frozen=True, slots=True)
class Found:
    """`exact`: what was looked for is an identifier as it stands; else the hits only begin so. `more` were left out."""

    text: str
    hits: Sequence[Hit]
    exact: bool
    more: bool

    @property
    def only(self) -> tuple[str, str] | None:
        """Workflow and correlation ID, where there is one way to go on."""
        ways = [(it.workflow, hit.correlation_id) for hit in self.hits for it in hit.instances]
        return ways[0] if self.exact and len(ways) == len(self.hits) == 1 else None


def search(clickhouse: ClickHouse, text: str) -> Found:
    """Without the blanks around it. Raises `StoreUnavailable` or `StoreRefused`."""
    text = text.strip()
    ids = identifiers.find(clickhouse, text, MOST + 1) if text else []
    exact = bool(ids)
    if not ids and len(text) >= SHORTEST:
        ids = identifiers.find(clickhouse, text, MOST + 1, beginning=True)
    return Found(text, _known(clickhouse, ids[:MOST]), exact, len(ids) > MOST)


def _known(clickhouse: ClickHouse, ids: Sequence[str]) -> list[Hit]:
    found: dict[str, list[Instance]] = {correlation_id: [] for correlation_id in ids}
    rows = clickhouse.query(query("known_as"), {"correlation_ids": list(ids)}) if ids else []
    for correlation_id, workflow, state, start in rows:
        found[correlation_id].append(Instance(workflow, state, start))
    return [Hit(correlation_id, instances) for correlation_id, instances in found.items()]
