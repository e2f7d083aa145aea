"""Verdicts as lines of text, written by the engine where it can, and by ourselves where it can't."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rules.compile.lines import Writer, compile_lines
from rules.compile.sql import render
from rules.compile.workflow import OUTDATED
from rules.judge import judge, only
from rules.ruleset import Rule
from rules.spec import Workflow
from rules.verdict import Answer, Outdated, Verdict
from store.clickhouse import ClickHouse


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a line, written by the engine and by ourselves: both give the same."""

    writer: Writer
    written: Callable[[Workflow, Verdict], str]


class Told(NamedTuple):
    """What is told of as many instances as are `alike`: of one, by its `line`; or of any number that need none.

    `kinds` of findings and names of `undated` steps are those of each; `conflicts` the events of which copies differ.
    """

    correlation_id: str
    line: str
    state: str
    kinds: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    conflicts: int = 0
    alike: int = 1


def tell(clickhouse: ClickHouse, rule: Rule, as_of: int, form: Form, *, flagged: bool) -> Iterator[Told]:
    """What the rule answers for at `as_of` (µs UTC) over the stored events, in order of correlation ID; with `flagged`,
    those without findings first, and together. Raises StoreUnavailable or StoreRefused.
    """
    query = render(compile_lines(rule.workflow, as_of, rule.lives, form.writer, flagged=flagged))
    for block in clickhouse.stream(query.text, query.parameters):
        left = [own for own, state, _, _, line, _ in block if own and not line and state != OUTDATED]
        ours = dict(_by_ourselves(clickhouse, rule, as_of, form, left)) if left else {}
        for own, state, kinds, undated, line, alike in block:
            if line or state == OUTDATED or not own:
                yield Told(own, line, state, _texts(kinds), _steps(rule.workflow, undated), 0, alike)
            elif own in ours:
                yield ours[own]


def _by_ourselves(
    clickhouse: ClickHouse, rule: Rule, as_of: int, form: Form, correlation_ids: list[str]
) -> Iterator[tuple[str, Told]]:
    for answer in judge(clickhouse, rule.workflow, as_of, only(correlation_ids), rule.lives):
        told = _told(rule.workflow, answer, form)
        if told is not None:
            yield told.correlation_id, told


def _told(workflow: Workflow, answer: Answer, form: Form) -> Told | None:
    match answer:
        case Verdict():
            kinds = tuple(finding.kind.value for finding in answer.findings)
            state, line = answer.state.value, form.written(workflow, answer)
            return Told(answer.correlation_id, line, state, kinds, answer.undated, answer.conflicts)
        case Outdated():
            return Told(answer.correlation_id, "", OUTDATED)
        case _:
            return None


def _texts(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()


def _steps(workflow: Workflow, places: str) -> tuple[str, ...]:
    return tuple(workflow.steps[int(place)].name for place in _texts(places))
