"""The verdicts of one judgement, kept in the engine until they are written.

Most say nothing that anybody has to be told: an instance runs, or is complete. Those go from here to `deadlines` and
`instances` without passing through Python. The others are read, because findings need sentences.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rules.compile.sql import Column, Constant, Query, Select, Sql, Value, call, equals, every, render
from rules.compile.workflow import ANSWER, OUTDATED
from rules.evaluate.record_rows import Stamp
from rules.judge import Question, answers
from rules.verdict import Answer
from store.clickhouse import ClickHouse
from store.leases import Lease
from store.spending import Spent, spend

# Its rows are of no use to anybody else. On disk, because a server may be restarted before they are written.
_CREATE = """
CREATE TABLE IF NOT EXISTS {table:Identifier}
(
    version        UInt64,
    plain          Bool,
    correlation_id String,
    start          Nullable(Int64),
    state          String,
    step_states    Array(String),
    step_times     Array(Nullable(Int64)),
    step_dues      Array(Nullable(Int64)),
    step_counts    Array(Nullable(Int64)),
    step_needed    Array(Nullable(Int64)),
    step_warned    Array(Nullable(Int64)),
    findings       Array(Tuple(UInt16, String, Int64)),
    undated        Array(UInt16),
    at_risk        Nullable(Float64),
    unit           Nullable(String),
    customer       Nullable(String),
    stored         UInt32,
    conflicts      UInt32,
    doubts         UInt32,
    last_event     String,
    last_event_at  Int64,
    wake_at        Nullable(Int64),
    held           Array(Int64),
    ended_at       Nullable(Int64),
    digest         UInt64
)
ENGINE = StripeLog
"""

_EARLIER = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND name != {table:String}
  AND startsWith(name, {stem:String}) AND match(substring(name, length({stem:String}) + 1), '^[0-9]+$')
"""

_TOLD = f"""
SELECT {", ".join(ANSWER)} FROM {{table:Identifier}} WHERE version = {{version:UInt64}} AND NOT plain
ORDER BY correlation_id
"""

# When to look again; also at the end of each hold, for it may end before.
_LOOKS = "arrayDistinct(arrayConcat(held, if(wake_at IS NULL, [], [assumeNotNull(wake_at)])))"

_COUNT = f"""
SELECT count(), sum(length({_LOOKS})) FROM {{table:Identifier}} WHERE version = {{version:UInt64}} AND plain
"""

# `deadlines` is parted by months: a rule may have deadlines in more of them than an insert is usually let touch.
_DEADLINES = f"""
INSERT INTO deadlines (wake_at, correlation_id, workflow)
SELECT fromUnixTimestamp64Micro(arrayJoin({_LOOKS}), 'UTC'), correlation_id, {{workflow:String}}
FROM {{table:Identifier}}
WHERE version = {{version:UInt64}} AND plain
SETTINGS max_partitions_per_insert_block = 0
"""

# Under a NULL there may be any number: of a time that has none it must be one that is a time, or the driver stumbles.
_TIME = "if(isNull({0}), NULL, fromUnixTimestamp64Micro(ifNull({0}, 0), 'UTC'))"
_TIMES = f"arrayMap(it -> {_TIME.format('it')}, arrayResize({{}}, length(step_states), NULL))"
_NUMBERS = "arrayResize({}, length(step_states), NULL)"

_INSTANCES = f"""
INSERT INTO instances
(
    workflow, correlation_id, version, judged_at, rule_hash, rule_version, state, start, `steps.name`, `steps.state`,
    `steps.at`, `steps.due`, `steps.count`, `steps.needed`, `steps.warned`, `findings.step`, `findings.kind`,
    `findings.since`, `findings.detected_at`, at_risk, unit, customer, stored, conflicts, undated, last_event,
    last_event_at, ended_at, wake_at, digest
)
SELECT
    {{workflow:String}}, correlation_id, version, fromUnixTimestamp64Micro({{as_of:Int64}}, 'UTC'), {{hash:String}},
    {{rule_version:UInt32}}, state, {_TIME.format("start")}, {{steps:Array(String)}}, step_states,
    {_TIMES.format("step_times")}, {_TIMES.format("step_dues")}, {_NUMBERS.format("step_counts")},
    {_NUMBERS.format("step_needed")}, {_TIMES.format("step_warned")}, [], [], [], [], at_risk, unit, customer, stored,
    conflicts, arrayMap(it -> {{steps:Array(String)}}[it + 1], undated), last_event,
    fromUnixTimestamp64Micro(last_event_at, 'UTC'), {_TIME.format("ended_at")}, {_TIME.format("wake_at")}, digest
FROM {{table:Identifier}}
WHERE version = {{version:UInt64}} AND plain
"""


def make_room(clickhouse: ClickHouse, lease: Lease) -> str:
    """The name of a table for the verdicts that are judged under this lease, until it changes hands: whoever was paused
    and had it before knows another. Those of earlier epochs go. Raises StoreUnavailable or StoreRefused."""
    stem = f"verdicts_{re.sub('[^a-z0-9]', '_', lease.name)}_"
    table = f"{stem}{lease.epoch}"
    for (earlier,) in clickhouse.query(_EARLIER, {"stem": stem, "table": table}):
        clickhouse.command("DROP TABLE IF EXISTS {table:Identifier}", {"table": earlier})
    clickhouse.command(_CREATE, {"table": table})
    return table


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Those that differ from what is recorded. `table` is as `make_room` has it. Of what has more events than `most`
    there is something to tell in any case."""

    clickhouse: ClickHouse
    table: str
    question: Question
    stamp: Stamp
    most: int

    def judge(self) -> None:
        """Raises StoreUnavailable or StoreRefused."""
        self.clickhouse.command("TRUNCATE TABLE {table:Identifier}", {"table": self.table})
        asked = render(self._query())
        columns = ", ".join(("version", "plain", *ANSWER))
        self.clickhouse.insert_from(f"INSERT INTO `{self.table}` ({columns})\n{asked.text}", asked.parameters)

    def told(self) -> list[Answer]:
        """Those that have something to tell, or had when they were last recorded. Raises StoreUnavailable or
        StoreRefused."""
        rows = self.clickhouse.query(_TOLD, self._which())
        return list(answers(self.clickhouse, self.question, rows, only_changes=True))

    def record(self) -> int:
        """Write the others; how many. The findings must have been written, and the instances come last: they are the
        record that all else has been done. Raises StoreUnavailable or StoreRefused."""
        [(count, waking)] = self.clickhouse.query(_COUNT, self._which())
        if count:
            workflow = self.question.workflow
            known = {**self._which(), "workflow": workflow.name}
            self.clickhouse.command(_DEADLINES, known)
            rule = {"hash": workflow.content_hash, "rule_version": workflow.version}
            steps = [step.name for step in workflow.steps]
            self.clickhouse.insert_from(_INSTANCES, {**known, **rule, "steps": steps, "as_of": self.stamp.as_of})
            spend(Spent(inserted=count + waking))
        return int(count)

    def _which(self) -> Mapping[str, object]:
        return {"table": self.table, "version": self.stamp.version}

    def _query(self) -> Query:
        """With a column that says which have nothing to tell, nor had."""
        query = self.question.quick(only_changes=True)
        *_, verdicts = query.stages
        workflow, among = self.question.workflow.name, self.question.among
        ours = equals(Column("workflow"), Value(workflow, "String"))
        place = ("correlation_id", "step", "kind")
        newest = {"open": call("argMax", Column("open"), Column("version"))}
        stages = {
            **query.stages,
            "found": Select(
                {**{name: Column(name) for name in place}, **newest},
                source="findings",
                prewhere=every(ours, *([] if among is None else [among])),
                group_by=place,
            ),
            "flagged": Select({"correlation_id": Column("correlation_id")}, source="found", where=Column("open")),
            "kept": Select(
                {
                    "version": Value(self.stamp.version, "UInt64"),
                    "plain": _is_plain(self.most),
                    **{name: Column(name) for name in ANSWER},
                },
                source=verdicts,
            ),
        }
        return Query(stages, query.settings, query.numbers)


def _is_plain(most: int) -> Sql:
    flagged = Select({"correlation_id": Column("correlation_id")}, source="flagged")
    return every(
        equals(Column("doubts"), Constant(0)),
        call("lessOrEquals", Column("stored"), Value(most, "UInt64")),
        call("notIn", Column("state"), call("tuple", Constant(""), Constant(OUTDATED))),
        call("empty", Column("findings")),
        call("notIn", Column("correlation_id"), flagged),
    )
