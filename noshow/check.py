"""`noshow check`: judge a file of events in this process's own memory, and print the verdicts."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from pathlib import Path

import click
import msgspec

from noshow import linting
from noshow.history import instant, of_file, told_as_of
from rules.judge import judge
from rules.present import Instance, Step, instance_json
from rules.ruleset import Rule, rules_of
from rules.spec import Workflow
from rules.verdict import Answer, Outdated, StepVerdict, Verdict
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE
from store.instant import rfc3339_or_none

_WITHOUT_START = """
SELECT count() FROM (SELECT 1 FROM events GROUP BY correlation_id HAVING countIf(has({starts:Array(String)}, name)) = 0)
"""

_UNKNOWN = """
SELECT name, count() AS events FROM events WHERE NOT has({known:Array(String)}, name) AND source != {ours:String}
GROUP BY name ORDER BY events DESC, name LIMIT 10
"""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Output:
    """`flagged`: only instances with findings; `format`: `table` or `jsonl`."""

    flagged: bool
    format: str


@dataclass(slots=True)
class Tally:
    """What was judged, for the summary."""

    states: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    undated: Counter[str] = field(default_factory=Counter)
    outdated: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Verdict | Outdated) -> None:
        if isinstance(answer, Outdated):
            self.outdated[answer.workflow] += 1
        else:
            self._add(answer)

    def _add(self, verdict: Verdict) -> None:
        self.states[verdict.state.value] += 1
        self.conflicts += verdict.conflicts
        for finding in verdict.findings:
            self.findings[finding.kind.value] += 1
        for step in verdict.undated:
            self.undated[step] += 1


def run(rules: Path, events: Path, as_of: str | None, output: Output) -> bool:
    """Print the verdicts; true if anything is flagged. Raises NoshowError."""
    at = None if as_of is None else instant(as_of, "--as-of")
    workflows = linting.some(rules)
    with of_file(events) as clickhouse:
        judged_at = told_as_of(clickhouse, at)
        tally = Tally()
        _print(_counted(_answers(clickhouse, workflows, judged_at), tally, output.flagged), output.format)
        _summarise(tally)
        _tell_of_strangers(clickhouse, workflows)
    return bool(tally.findings)


def _answers(
    clickhouse: ClickHouse, workflows: Iterable[Workflow], at: int
) -> Iterator[tuple[Workflow, Verdict | Outdated]]:
    """In order of workflow and correlation ID, whichever version it was that judged."""
    for _, versions in groupby(rules_of(workflows), key=lambda rule: rule.workflow.name):
        yield from merge(*(_of(clickhouse, rule, at) for rule in versions), key=_in_order)


def _of(clickhouse: ClickHouse, rule: Rule, at: int) -> Iterator[tuple[Workflow, Verdict | Outdated]]:
    for answer in judge(clickhouse, rule.workflow, at, lives=rule.lives):
        if isinstance(answer, (Verdict, Outdated)):
            yield rule.workflow, answer


def _in_order(judged: tuple[Workflow, Answer]) -> bytes:
    """As ClickHouse orders text: by its bytes."""
    return judged[1].correlation_id.encode()


def _counted(
    answers: Iterable[tuple[Workflow, Verdict | Outdated]], tally: Tally, flagged: bool
) -> Iterator[tuple[Workflow, Verdict]]:
    for workflow, answer in answers:
        tally.add(answer)
        if isinstance(answer, Verdict) and (answer.findings or not flagged):
            yield workflow, answer


def _print(judged: Iterable[tuple[Workflow, Verdict]], format_: str) -> None:
    if format_ == "jsonl":
        for workflow, verdict in judged:
            sys.stdout.buffer.write(_encode(_json(workflow, verdict)) + b"\n")
        sys.stdout.buffer.flush()
    else:
        for workflow, verdict in judged:
            click.echo(_row(workflow, verdict))


def _json(workflow: Workflow, verdict: Verdict) -> dict[str, object]:
    return instance_json(
        Instance(
            workflow=workflow.name,
            version=workflow.version,
            correlation_id=verdict.correlation_id,
            state=verdict.state.value,
            start=verdict.start,
            steps=[_step(step) for step in verdict.steps],
            findings=[(finding.step, finding.kind.value) for finding in verdict.findings],
        )
    )


def _step(told: StepVerdict) -> Step:
    return Step(told.step, told.state.value, told.at, told.due, told.count, told.needed, told.warned)


def _row(workflow: Workflow, verdict: Verdict) -> str:
    flags = ", ".join(f"{finding.step} {finding.kind.value}".lstrip() for finding in verdict.findings)
    started = rfc3339_or_none(verdict.start) or "-"
    return f"{workflow.name}  {verdict.correlation_id:<36}  {verdict.state.value:<10}  {started:<27}  {flags}".rstrip()


def _tell_of_strangers(clickhouse: ClickHouse, workflows: Iterable[Workflow]) -> None:
    """What no rule looks at: a name that is misspelt in a rule makes everything look well."""
    starts = sorted({name for workflow in workflows for name in workflow.start.names})
    known = sorted({name for workflow in workflows for name in workflow.event_names})
    [(without,)] = clickhouse.query(_WITHOUT_START, {"starts": starts})
    if without:
        click.echo(f"correlation IDs that have no start event of any rule ({', '.join(starts)}): {without}", err=True)
    unknown = clickhouse.query(_UNKNOWN, {"known": known, "ours": RESERVED_SOURCE})
    if unknown:
        listed = ", ".join(f"{name} ({count})" for name, count in unknown)
        click.echo(f"event names that no rule mentions: {listed}", err=True)


def _summarise(tally: Tally) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(tally.states.items()))
    findings = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.findings.items()))
    click.echo(f"instances: {states or 'none'}", err=True)
    click.echo(f"findings: {findings or 'none'}", err=True)
    for step, count in sorted(tally.undated.items()):
        click.echo(f"no deadline by the `due` of {step}, which gave no timestamp: {count} times", err=True)
    for workflow, count in sorted(tally.outdated.items()):
        are, were = ("instance is", "was") if count == 1 else ("instances are", "were")
        click.echo(f"{count} {are} older than every version of {workflow} and {were} not judged", err=True)
    if tally.conflicts:
        click.echo(f"events of which copies differ (the earliest counts): {tally.conflicts}", err=True)
