"""Which instances are wanted, as conditions of ClickHouse. Times are µs UTC.

They are put to `instance_starts`, which has its rows in order of when instances began, or to the same columns of
`instances`, which has them by key.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.parameters_instances import Standing
from store.clickhouse import ClickHouse

Pair = tuple[str, str]
"""A workflow and a step of it."""

FEW = 10_000
"""As long as no more begin so, they are looked up by their correlation ID instead of being met in the order."""

# What waits for a step; states have an index, which skips what is settled.
_UNSETTLED = "state IN ('running', 'incomplete', 'failed')"
_FITS = {
    "correlation_id": "correlation_id = {correlation_id:String}",
    "beginning": "startsWith(correlation_id, {beginning:String})",
}
_BEGAN = "ifNull(start, last_event_at)"
_EXPECTED = "arrayFilter((it, stands) -> stands IN ('pending', 'missing'), `steps.{}`, `steps.state`)"

BY_START = "instance_starts"
BY_KEY = f"""
(
    SELECT {_BEGAN} AS began, workflow, correlation_id, version, rule_version, state,
           {_EXPECTED.format("name")} AS waits, {_EXPECTED.format("due")} AS dues, arrayReduce('min', dues) AS due,
           `findings.kind` AS kinds, at_risk
    FROM instances
)
"""
"""What can be read from: the same columns in another order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`None` filters nothing. `beginning` is that of the correlation ID. `owned`: waits at one of these steps. `held`:
    the steps that are not judged at `now`, which the state of that name asks for."""

    workflow: str | None = None
    correlation_id: str | None = None
    beginning: str | None = None
    state: Standing | None = None
    kind: str | None = None
    version: int | None = None
    step: str | None = None
    owned: Sequence[Pair] | None = None
    since: int | None = None
    until: int | None = None
    at_risk: float | None = None
    held: Sequence[Pair] = ()
    now: int = 0


@dataclass(slots=True)
class Conditions:
    """Of which all must hold; `possible`: whether anything can fit."""

    texts: list[str] = field(default_factory=list)
    parameters: dict[str, object] = field(default_factory=dict)
    possible: bool = True

    def add(self, text: str, **parameters: object) -> None:
        self.texts.append(text)
        self.parameters |= parameters

    def __str__(self) -> str:
        return " AND ".join(self.texts) or "1"


def conditions(clickhouse: ClickHouse, wanted: Wanted, source: str) -> Conditions:
    """Raises `StoreUnavailable` or `StoreRefused`."""
    found = Conditions()
    _of_time(found, wanted)
    _of_state(found, wanted)
    _of_values(found, wanted)
    if wanted.owned is not None:
        _waits_at(found, wanted.owned, "owned")
    _of_correlation_id(found, clickhouse, wanted, source)
    return found


def _of_time(found: Conditions, wanted: Wanted) -> None:
    if wanted.since is not None:
        found.add("began >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')", since=wanted.since)
    if wanted.until is not None:
        found.add("began < fromUnixTimestamp64Micro({until:Int64}, 'UTC')", until=wanted.until)


def _of_state(found: Conditions, wanted: Wanted) -> None:
    match wanted.state:
        case None:
            found.add("state != ''")
        case Standing.LATE:
            found.add("has(kinds, 'late')")
        case Standing.HELD:
            found.add("state = 'running'")
            _waits_at(found, wanted.held, "held")
            _overdue(found, wanted.held, wanted.now)
        case state:
            found.add("state = {state:String}", state=state.value)


def _of_values(found: Conditions, wanted: Wanted) -> None:
    if wanted.workflow is not None:
        found.add("workflow = {workflow:String}", workflow=wanted.workflow)
    if wanted.kind is not None:
        found.add("has(kinds, {kind:String})", kind=wanted.kind)
    if wanted.version is not None:
        found.add("rule_version = {rule_version:UInt32}", rule_version=wanted.version)
    if wanted.step is not None:
        found.add(f"{_UNSETTLED} AND has(waits, {{step:String}})", step=wanted.step)
    if wanted.at_risk is not None:
        found.add("at_risk >= {at_risk:Float64}", at_risk=wanted.at_risk)


def _waits_at(found: Conditions, pairs: Sequence[Pair], name: str) -> None:
    """At one of these steps."""
    alternatives = []
    for number, (workflow, steps) in enumerate(_by_workflow(pairs).items()):
        of_one = f"{name}_{number}"
        alternatives.append(f"workflow = {{{of_one}:String}} AND hasAny(waits, {{{of_one}_steps:Array(String)}})")
        found.parameters |= {of_one: workflow, f"{of_one}_steps": steps}
    found.possible = found.possible and bool(alternatives)
    found.add(f"{_UNSETTLED} AND ({' OR '.join(alternatives) or '0'})")


def _overdue(found: Conditions, pairs: Sequence[Pair], now: int) -> None:
    """It is one of these steps whose deadline has passed; first that any has, which costs little."""
    now_ = "fromUnixTimestamp64Micro({now:Int64}, 'UTC')"
    given = "arrayZip({overdue_workflows:Array(String)}, {overdue_steps:Array(String)})"
    fits = f"ifNull(since <= {now_}, false) AND has({given}, (toString(workflow), toString(it)))"
    found.add(
        f"due <= {now_} AND arrayExists((it, since) -> {fits}, waits, dues)",
        now=now,
        overdue_workflows=[workflow for workflow, _ in pairs],
        overdue_steps=[step for _, step in pairs],
    )


def _by_workflow(pairs: Sequence[Pair]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for workflow, step in pairs:
        found[workflow].append(step)
    return found


def _of_correlation_id(found: Conditions, clickhouse: ClickHouse, wanted: Wanted, source: str) -> None:
    asked = {"correlation_id": wanted.correlation_id, "beginning": wanted.beginning}
    for name, value in asked.items():
        if value is not None:
            found.add(_FITS[name], **{name: value})
            if source == BY_START and _are_few(clickhouse, _FITS[name], found.parameters):
                found.add(f"began GLOBAL IN (SELECT {_BEGAN} FROM instances WHERE {_FITS[name]})")


def _are_few(clickhouse: ClickHouse, text: str, parameters: Mapping[str, object]) -> bool:
    """By their key: where they are many, one meets them soon in any order."""
    counted = f"SELECT count() FROM (SELECT 1 FROM instances WHERE {text} LIMIT {FEW + 1})"
    [(number,)] = clickhouse.query(counted, parameters)
    return int(number) <= FEW
