"""What is on record of rules that are no longer loaded: its findings close as `rule_removed`, its instances end.

It is told from what is recorded alone: also of instances that nobody judges any more because of their age. So it can be
done in parts, and again.
"""

from collections.abc import Mapping, Sequence

from rules.evaluate.record_rows import Stamp
from rules.evaluate.records import RULE_REMOVED, Written, end_instances
from rules.evaluate.slice import IN_SLICE, Slice
from rules.ruleset import Rule
from rules.verdict import WHOLE
from store.clickhouse import ClickHouse

_SLICE = f"workflow = {{workflow:String}} AND {IN_SLICE}"

_FINDINGS = f"""
    SELECT *
    FROM (SELECT * FROM findings WHERE {_SLICE} ORDER BY version DESC LIMIT 1 BY correlation_id, step, kind)
    WHERE open AND (
        NOT has({{steps:Array(String)}}, step)
        OR (kind != 'orphan' AND toUnixTimestamp64Micro(started_at) < {{since:Int64}}))
"""

_COUNT = f"SELECT count() FROM ({_FINDINGS})"

_CLOSE = f"""
INSERT INTO findings
SELECT * REPLACE (
    {{version:UInt64}} AS version,
    false AS open,
    fromUnixTimestamp64Micro({{as_of:Int64}}, 'UTC') AS closed_at,
    '{RULE_REMOVED}' AS closed_because,
    coalesce(found_at, written_at) AS found_at,
    now64(6, 'UTC') AS written_at)
FROM ({_FINDINGS})
"""

_INSTANCES = f"""
SELECT correlation_id
FROM instances
WHERE {_SLICE}
GROUP BY correlation_id
HAVING argMax(state, version) != ''
   AND ({{removed:Bool}} OR ifNull(toUnixTimestamp64Micro(argMax(tuple(start), version).1) < {{since:Int64}}, false))
"""

_EVER = -(2**63)


def remove(clickhouse: ClickHouse, workflow: str, rules: Sequence[Rule], part: Slice, stamp: Stamp) -> Written:
    """Close what no version in `rules` (none: the workflow was removed) asks for, in this part.

    That are findings of steps that no version has, and whatever began before the first of them took effect.
    Raises StoreUnavailable or StoreRefused.
    """
    asked = _asked(workflow, rules, part)
    [(closed,)] = clickhouse.query(_COUNT, asked)
    if closed:
        clickhouse.command(_CLOSE, {**asked, "version": stamp.version, "as_of": stamp.as_of})
    ended = [correlation_id for (correlation_id,) in clickhouse.query(_INSTANCES, asked)]
    end_instances(clickhouse, workflow, ended, stamp)
    return Written(len(ended), 0, closed)


def _asked(workflow: str, rules: Sequence[Rule], part: Slice) -> Mapping[str, object]:
    steps = dict.fromkeys(step.name for rule in rules for step in rule.workflow.steps)
    since = min((_EVER if rule.lives.since is None else rule.lives.since for rule in rules), default=_EVER)
    return {
        "workflow": workflow,
        **part.parameters,
        "steps": [WHOLE, *steps] if rules else [],
        "since": since,
        "removed": not rules,
    }
