"""What every handler needs: the two stores, the clock, the rules and the templates, carried by the application."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, cast

from fastapi import Depends, Request

from api import burning, completeness, latency, overview, rule_files, silent, sources, standing
from api.access.keeper import Keeper
from api.aside import Aside
from api.burning import Fire
from api.changes import Changes
from api.completeness import SPANS, Overall, Span
from api.flow import FlowsKept
from api.kept import Kept
from api.latency import WINDOWS, Latency, Window
from api.overview import Overview
from api.rendering import Templates
from api.rule_files import RuleFile
from api.silent import Silent
from api.sources import Sources
from api.standing import Standing
from reconcile.cases.desk import Desk
from reconcile.quarantine.bench import Bench
from reconcile.rulebook import Rulebook
from reconcile.truth.live import LiveTruth
from store import quarantine
from store.clickhouse import ClickHouse
from store.clock import Clock
from store.database import Database
from store.quarantine import Wanted


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers work with beside the stores: the rules in force, whom to let in, where cases are moved, live truth,
    and where what was refused is seen to. `needs_clickhouse`: without it this process is not ready.
    `trace_url`: where a trace can be seen, with `{trace_id}` in it; '' for nowhere."""

    rulebook: Rulebook
    keeper: Keeper
    desk: Desk
    live: LiveTruth
    bench: Bench
    needs_clickhouse: bool = True
    trace_url: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    clickhouse: ClickHouse
    database: Database
    clock: Clock
    rulebook: Rulebook
    templates: Templates
    overview: Kept[Overview]
    completeness: Mapping[Span, Aside[Overall | None]]
    flows: FlowsKept
    burning: Kept[Sequence[Fire]]
    changes: Changes
    rule_files: Kept[tuple[RuleFile, ...]]
    silent: Kept[tuple[Silent, ...]]
    standing: Kept[Standing]
    sources: Kept[Sources]
    latencies: Mapping[Window, Kept[Mapping[str, Latency]]]
    keeper: Keeper
    desk: Desk
    live: LiveTruth
    bench: Bench
    needs_clickhouse: bool
    trace_url: str

    @classmethod
    def of(cls, clickhouse: ClickHouse, database: Database, clock: Clock, services: Services) -> "Context":
        def load_overview() -> Overview:
            with database.read() as connection:
                return overview.overview(connection, clock.now())

        def load_rule_files() -> tuple[RuleFile, ...]:
            with database.read() as connection:
                return rule_files.of_all(connection)

        def load_silent() -> tuple[Silent, ...]:
            with database.read() as connection:
                return silent.at_present(connection, services.rulebook, clock.now())

        def load_standing() -> Standing:
            with database.read() as connection:
                return standing.standing(connection, clickhouse, clock.now())

        def load_sources() -> Sources:
            with database.read() as connection:
                return sources.sources(connection, clickhouse, clock.now())

        def load_latencies(length: int) -> Mapping[str, Latency]:
            with database.read() as connection:
                return latency.by_workflow(latency.ways(connection, clock.now() - length))

        def load_quarantined() -> int:
            return quarantine.count(clickhouse, Wanted(), clock.now())

        def load_completeness(span: Span) -> Overall | None:
            return completeness.overall(clickhouse, span, clock.now())

        def load_burning() -> Sequence[Fire]:
            with database.read() as connection:
                return burning.burning(connection, clock.now())

        files, hushed = Kept(load_rule_files, clock), Kept(load_silent, clock)
        waiting = Aside(Kept(load_quarantined, clock), 0)
        return cls(
            clickhouse,
            database,
            clock,
            services.rulebook,
            Templates(lambda: sum(file.refused for file in files.get()), hushed.get, waiting.get),
            Kept(load_overview, clock),
            {span: Aside(Kept(partial(load_completeness, span), clock), None) for span in SPANS},
            FlowsKept(clickhouse, clock),
            Kept(load_burning, clock),
            Changes(database),
            files,
            hushed,
            Kept(load_standing, clock),
            Kept(load_sources, clock),
            {window: Kept(partial(load_latencies, length), clock) for window, length in WINDOWS.items()},
            services.keeper,
            services.desk,
            services.live,
            services.bench,
            services.needs_clickhouse,
            services.trace_url,
        )


async def of_request(request: Request) -> Context:
    return cast(Context, request.app.state.context)


Here = Annotated[Context, Depends(of_request)]
