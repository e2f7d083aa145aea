"""One look at some correlation IDs: which instances are not as they should be, by all rules at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.evaluate.part import names_asked_for
from rules.evaluate.slice import IN_FRACTION, IN_SLICE, Fraction, Slice
from rules.ruleset import Rule
from rules.spec import Orphans
from store.clickhouse import ClickHouse

LIMIT = 1_000  # correlation IDs named of one workflow; above that the whole slice is judged

_EVER, _NEVER = -(2**63), 2**63 - 1

_TOUCHED = f"""correlation_id IN
    (
        SELECT correlation_id FROM touched
        WHERE seen_at >= fromUnixTimestamp64Micro({{first:Int64}}, 'UTC')
          AND seen_at <= fromUnixTimestamp64Micro({{last:Int64}}, 'UTC')
          AND toUnixTimestamp64Micro(seen_at) IN {{blocks:Array(Int64)}}
          AND name IN {{wanted:Array(String)}} AND {IN_FRACTION}
    )"""


# What is known without judging is the name and the time of an event: so of an instance that is not on record the start
# is somewhere between the first and the last event of that name.
def _look(among: str) -> str:
    return f"""
WITH

concerns AS
(
    SELECT pair.1 AS name, groupArray((pair.2, pair.3)) AS workflows
    FROM (SELECT arrayJoin(arrayZip({{names:Array(String)}}, {{of:Array(String)}}, {{opens:Array(Bool)}})) AS pair)
    GROUP BY name
),

loaded AS
(
    SELECT rule.1 AS workflow, rule.2 AS rule_hash, rule.3 AS since, rule.4 AS until, rule.5 AS rest, true AS is_loaded
    FROM (SELECT arrayJoin(arrayZip({{workflows:Array(String)}}, {{hashes:Array(String)}},
                                    {{sinces:Array(Int64)}}, {{untils:Array(Int64)}}, {{rests:Array(Bool)}})) AS rule)
),

took_effect AS (SELECT workflow, min(since) AS first_version FROM loaded GROUP BY workflow),

named AS
(
    SELECT correlation_id, toString(name) AS name, uniqExactState(identity, content) AS copies,
           min(toUnixTimestamp64Micro(time)) AS first, max(toUnixTimestamp64Micro(time)) AS last
    FROM events
    WHERE {among} AND correlation_id NOT IN {{left_out:Array(String)}}
    GROUP BY correlation_id, name
),

histories AS
(
    SELECT correlation_id, uniqExactMerge(copies) AS stored, max(arrayExists(it -> it.2, workflows)) AS opened,
           groupArrayArray(arrayMap(it -> (it.1, it.2, first, last), workflows)) AS candidates
    FROM named LEFT JOIN concerns USING (name)
    GROUP BY correlation_id
),

expected AS
(
    SELECT correlation_id, candidate.1 AS workflow, any(stored) AS stored, any(opened) AS opened,
           minOrNullIf(candidate.3, candidate.2) AS earliest, maxOrNullIf(candidate.4, candidate.2) AS latest
    FROM histories ARRAY JOIN candidates AS candidate
    GROUP BY correlation_id, workflow
),

recorded AS
(
    SELECT workflow, correlation_id, argMax(stored, version) AS judged,
           argMax(toString(rule_hash), version) AS rule_hash,
           argMax(tuple(toUnixTimestamp64Micro(start)), version).1 AS start, argMax(state, version) != '' AS alive,
           argMax(tuple(wake_at), version).1 <= fromUnixTimestamp64Micro({{as_of:Int64}}, 'UTC') AS overslept
    FROM instances
    WHERE {among}
    GROUP BY workflow, correlation_id
),

compared AS
(
    SELECT workflow, correlation_id, alive, first_version,
           if(alive, start, earliest) AS begun, if(alive, start, latest) AS begun_at_last,
           is_loaded AND ifNull(start >= since AND start < until, rest) AS right_rule,
           if(alive, judged != stored OR NOT right_rule OR ifNull(overslept, false),
              earliest IS NOT NULL OR NOT opened) AS differs
    FROM expected
    LEFT JOIN recorded USING (workflow, correlation_id)
    LEFT JOIN loaded USING (workflow, rule_hash)
    LEFT JOIN took_effect USING (workflow)
)

SELECT workflow,
       groupArrayIf({LIMIT})(correlation_id, differs
           AND NOT ifNull(begun_at_last < {{frozen_before:Int64}}, false)
           AND NOT (NOT alive AND ifNull(begun_at_last < first_version, false))) AS stale,
       countIf(ifNull(begun < first_version, false)) AS outdated,
       countIf(ifNull(begun >= first_version AND begun < {{frozen_before:Int64}}, false)) AS frozen
FROM compared
GROUP BY workflow
ORDER BY workflow
"""


_OF_SLICE, _OF_TOUCHED = _look(IN_SLICE), _look(_TOUCHED)


@dataclass(frozen=True, slots=True)
class NotJudged:
    """Instances that are too old, told by the name of their start event: `outdated` older than every version of the
    workflow, `frozen` older than retention."""

    outdated: int = 0
    frozen: int = 0

    def __add__(self, other: "NotJudged") -> "NotJudged":
        return NotJudged(self.outdated + other.outdated, self.frozen + other.frozen)


@dataclass(frozen=True, slots=True)
class Found:
    """Of one workflow among those looked at. `stale` are at most `LIMIT` correlation IDs to judge."""

    workflow: str
    stale: tuple[str, ...]
    not_judged: NotJudged


@dataclass(frozen=True, slots=True)
class Instant:
    """What is compared with what at `as_of` (µs UTC): everything that was woken until then must have been judged, but
    for the correlation IDs that are `left_out`."""

    rules: Sequence[Rule]
    as_of: int
    frozen_before: int | None
    left_out: Sequence[str] = ()

    def parameters(self) -> dict[str, object]:
        return {
            **_names(self.rules),
            **_windows(self.rules),
            "as_of": self.as_of,
            "left_out": list(self.left_out),
            "frozen_before": _EVER if self.frozen_before is None else self.frozen_before,
        }


def look(clickhouse: ClickHouse, instant: Instant, part: Slice) -> list[Found]:
    """What is not as it should be in a slice of all correlation IDs.

    Raises StoreUnavailable or StoreRefused.
    """
    return _found(clickhouse, _OF_SLICE, {**instant.parameters(), **part.parameters})


def look_at_touched(clickhouse: ClickHouse, instant: Instant, blocks: Sequence[int], part: Fraction) -> list[Found]:
    """The same in a fraction of those that were touched in the blocks (instants in µs by the store's clock, rising) by
    events that some rule asks for.

    Raises StoreUnavailable or StoreRefused.
    """
    names = names_asked_for(instant.rules)
    which = {"first": blocks[0], "last": blocks[-1], "blocks": list(blocks), "wanted": names, **part.parameters}
    return _found(clickhouse, _OF_TOUCHED, {**instant.parameters(), **which})


def _found(clickhouse: ClickHouse, statement: str, parameters: Mapping[str, object]) -> list[Found]:
    rows = clickhouse.query(statement, parameters)
    return [Found(name, tuple(stale), NotJudged(outdated, frozen)) for name, stale, outdated, frozen in rows]


def _names(rules: Sequence[Rule]) -> Mapping[str, object]:
    """Which event names can make an instance of what (`opens`), or an orphan."""
    concerns = list(dict.fromkeys(it for rule in rules if rule.lives.rest for it in _concerns(rule)))
    names, of, opens = zip(*concerns, strict=True) if concerns else ((), (), ())
    return {"names": list(names), "of": list(of), "opens": list(opens)}


def _concerns(rule: Rule) -> Iterator[tuple[str, str, bool]]:
    for name in rule.workflow.start.names:
        yield name, rule.workflow.name, True
    if rule.workflow.orphans is Orphans.FLAG:
        for name in dict.fromkeys(name for step in rule.workflow.steps for name in step.matcher.names):
            yield name, rule.workflow.name, False


def _windows(rules: Sequence[Rule]) -> Mapping[str, object]:
    return {
        "workflows": [rule.workflow.name for rule in rules],
        "hashes": [rule.workflow.content_hash for rule in rules],
        "sinces": [_EVER if rule.lives.since is None else rule.lives.since for rule in rules],
        "untils": [_NEVER if rule.lives.until is None else rule.lives.until for rule in rules],
        "rests": [rule.lives.rest for rule in rules],
    }
