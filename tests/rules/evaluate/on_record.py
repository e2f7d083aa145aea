"""What is on record in the end, and what should be, as the oracle says."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rules.held import Holding
from rules.ruleset import Rule
from rules.verdict import Verdict
from store.clickhouse import ClickHouse
from store.event import Event
from tests.rules import oracle

Row = tuple[object, ...]

_INSTANCES = """
SELECT workflow, correlation_id, argMax((rule_hash, state, toUnixTimestamp64Micro(start), steps.name, steps.state,
       arrayMap(it -> toUnixTimestamp64Micro(it), steps.at), arrayMap(it -> toUnixTimestamp64Micro(it), steps.due),
       steps.count, steps.needed, arrayMap(it -> toUnixTimestamp64Micro(it), steps.warned),
       arrayZip(findings.step, findings.kind, arrayMap(it -> toUnixTimestamp64Micro(it), findings.since)),
       at_risk, unit, customer, stored, conflicts, undated, last_event, toUnixTimestamp64Micro(last_event_at),
       toUnixTimestamp64Micro(wake_at), toUnixTimestamp64Micro(ended_at)), version)
FROM instances GROUP BY ALL HAVING argMax(state, version) != ''
"""

_FINDINGS = """
SELECT workflow, correlation_id, step, kind, argMax((toUnixTimestamp64Micro(since), rule_hash), version)
FROM findings GROUP BY ALL HAVING argMax(open, version)
"""

_WAKES = "SELECT DISTINCT toString(workflow), correlation_id, toUnixTimestamp64Micro(wake_at) FROM deadlines"


def instances(clickhouse: ClickHouse) -> list[Row]:
    return sorted(clickhouse.query(_INSTANCES))


def findings(clickhouse: ClickHouse) -> list[Row]:
    return sorted(clickhouse.query(_FINDINGS))


def wakes(clickhouse: ClickHouse) -> set[Row]:
    return set(clickhouse.query(_WAKES))


Judged = Sequence[tuple[Rule, Verdict]]


def by_the_oracle(rules: Sequence[Rule], events: Iterable[Event], as_of: int, holding: Holding) -> Judged:
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        histories[event.correlation_id].append(event)
    answers = (
        (rule, oracle.judge(rule.workflow, history, as_of, rule.lives, holding))
        for rule in rules
        for history in histories.values()
    )
    return [(rule, answer) for rule, answer in answers if isinstance(answer, Verdict)]


def wanted_instances(judged: Judged) -> list[Row]:
    return sorted((it.workflow, it.correlation_id, _told(rule, it)) for rule, it in judged)


def wanted_findings(judged: Judged) -> list[Row]:
    return sorted(
        (it.workflow, it.correlation_id, found.step, found.kind.value, (found.since, rule.workflow.content_hash))
        for rule, it in judged
        for found in it.findings
    )


def wanted_wakes(judged: Judged) -> Iterator[Row]:
    """When time alone can change something, and when a hold ends: at these instants it must be looked at again."""
    for _, it in judged:
        instants = {*it.held, *([] if it.wake_at is None else [it.wake_at])}
        yield from ((it.workflow, it.correlation_id, at) for at in instants)


def _told(rule: Rule, it: Verdict) -> Row:
    steps = zip(*((s.step, s.state.value, s.at, s.due, s.count, s.needed, s.warned) for s in it.steps), strict=True)
    of_steps = [[*column] for column in steps] or [[] for _ in range(7)]  # an orphan has none
    found = [(found.step, found.kind.value, found.since) for found in it.findings]
    known = it.at_risk, it.unit, it.customer, it.stored, it.conflicts, [*it.undated], it.last_event, it.last_event_at
    return rule.workflow.content_hash, it.state.value, it.start, *of_steps, found, *known, it.wake_at, it.ended_at
