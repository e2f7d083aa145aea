"""How the instances of a workflow go from step to step: how many, how fast, and where they are. Times are µs UTC."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from api.aside import Aside
from api.completeness import SPANS, Span
from api.kept import Kept
from api.sql import query
from rules.expression import START
from rules.spec import Workflow
from rules.verdict import StepState
from store.clickhouse import ClickHouse
from store.clock import Clock

CAME = (StepState.ON_TIME, StepState.LATE)
MOST = 200  # that are kept
_NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Edge:
    """From a step, or from the start (`START`), to one that comes after it: how many instances have gone it, and within
    what time half of them, and 95 of a hundred, did."""

    source: str
    target: str
    passed: int = 0
    p50: int | None = None
    p95: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: how many instances are in which state of it."""

    step: str
    states: Mapping[str, int] = field(default_factory=dict)

    @property
    def came(self) -> int:
        return sum(map(self.has, CAME))

    def has(self, state: str) -> int:
        return self.states.get(state, 0)


@dataclass(frozen=True, slots=True)
class Flow:
    """Of the instances that began from `since` on and before `until`. `stages` in the order of the graph."""

    since: int
    until: int
    stages: Sequence[Stage]
    edges: Sequence[Edge]

    @property
    def began(self) -> int:
        return max((sum(stage.states.values()) for stage in self.stages), default=0)

    def into(self, step: str) -> Sequence[Edge]:
        return [edge for edge in self.edges if edge.target == step]


@dataclass(frozen=True, slots=True)
class Flows:
    """Of a span of time, and of the same span before it."""

    now: Flow
    before: Flow


class FlowsKept:
    """Each of those that somebody has looked at lately, kept as long as that is good enough."""

    def __init__(self, clickhouse: ClickHouse, clock: Clock) -> None:
        self._clickhouse = clickhouse
        self._clock = clock
        self._known: dict[tuple[str, Span], Aside[Flows | None]] = {}
        self._lock = Lock()

    def get(self, workflow: Workflow, span: Span) -> Flows | None:
        """`None` while ClickHouse is away, and when it needs long for the first answer."""
        key = (workflow.content_hash, span)
        with self._lock:
            aside = self._known.pop(key, None) or Aside(self._kept(workflow, span), None)
            self._known[key] = aside  # the last of those that were looked at
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return aside.get()

    def _kept(self, workflow: Workflow, span: Span) -> Kept[Flows | None]:
        return Kept(lambda: flows(self._clickhouse, workflow, span, self._clock.now()), self._clock)


def flows(clickhouse: ClickHouse, workflow: Workflow, span: Span, now: int) -> Flows:
    """Until `now`. Raises StoreUnavailable or StoreRefused."""
    since, before = now - SPANS[span], now - 2 * SPANS[span]
    edges = list(_edges(workflow))
    parameters = {
        "workflow": workflow.name,
        "sources": ["" if source == START else source for source, _ in edges],
        "targets": [target for _, target in edges],
        **{"before": before, "since": since, "until": now},
    }
    rows = {
        (bool(recent), source or START, target): tuple(figures)
        for recent, source, target, *figures in clickhouse.query(query("flow"), parameters)
    }
    return Flows(
        _flow((since, now), workflow, edges, {row[1:]: it for row, it in rows.items() if row[0]}),
        _flow((before, since), workflow, edges, {row[1:]: it for row, it in rows.items() if not row[0]}),
    )


def _flow(
    between: tuple[int, int],
    workflow: Workflow,
    edges: Sequence[tuple[str, str]],
    rows: Mapping[tuple[Any, ...], tuple[Any, ...]],
) -> Flow:
    states = {target: dict(zip(*row[0], strict=True)) for (_, target), row in rows.items()}
    stages = [Stage(step.name, states.get(step.name, _NOTHING)) for step in workflow.in_graph_order()]
    return Flow(*between, stages, [_edge(edge, rows.get(edge)) for edge in edges])


def _edge(edge: tuple[str, str], row: tuple[Any, ...] | None) -> Edge:
    if row is None or not row[1]:
        return Edge(*edge)
    _, passed, within = row
    return Edge(*edge, passed, *(round(it) for it in within))


def _edges(workflow: Workflow) -> Iterator[tuple[str, str]]:
    for step in workflow.in_graph_order():
        yield from ((source, step.name) for source in step.predecessors)
