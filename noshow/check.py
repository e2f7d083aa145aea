"""`noshow check`: judge a file of events in this process's own memory, and print the verdicts."""

import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import msgspec

from collector.batch import Rejection
from noshow import linting
from noshow.errors import NoshowError, WrongUsage
from noshow.event_file import opened, read_events
from rules.judge import judge
from rules.parse_literal import moment
from rules.present import Instance, Step, instance_json
from rules.spec import Workflow
from rules.verdict import Verdict
from store import events as event_store
from store.clickhouse import ClickHouse
from store.instant import rfc3339, rfc3339_or_none
from store.migrate import migrate_clickhouse

_WITHOUT_START = """
SELECT count() FROM (SELECT 1 FROM events GROUP BY correlation_id HAVING countIf(has({starts:Array(String)}, name)) = 0)
"""

_UNKNOWN = """
SELECT name, count() AS events FROM events WHERE NOT has({known:Array(String)}, name)
GROUP BY name ORDER BY events DESC, name LIMIT 10
"""

_SHOWN = 20  # rejected lines that are listed one by one
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

    def add(self, verdict: Verdict) -> None:
        self.states[verdict.state.value] += 1
        self.conflicts += verdict.conflicts
        for finding in verdict.findings:
            self.findings[finding.kind.value] += 1
        for step in verdict.undated:
            self.undated[step] += 1


def run(rules: Path, events: Path, as_of: str | None, output: Output) -> bool:
    """Print the verdicts; true if anything is flagged. Raises NoshowError."""
    instant = None if as_of is None else _instant(as_of)
    workflows = linting.some(rules)
    clickhouse = ClickHouse.embedded(None)
    try:
        migrate_clickhouse(clickhouse)
        with opened(events) as file:
            _load(clickhouse, file, events)
        at = _last_event(clickhouse) if instant is None else instant
        click.echo(f"as of {rfc3339(at)}", err=True)
        tally = Tally()
        _print(_counted(_verdicts(clickhouse, workflows, at), tally, output.flagged), output.format)
        _summarise(tally)
        _tell_of_strangers(clickhouse, workflows)
    finally:
        clickhouse.close()
    return bool(tally.findings)


def _instant(text: str) -> int:
    try:
        return moment(text)
    except ValueError as error:
        raise WrongUsage(f"--as-of {text}: {error}") from error


def _load(clickhouse: ClickHouse, file: io.BufferedReader, path: Path) -> None:
    accepted, rejected = 0, 0
    for batch in read_events(file, path):
        event_store.write(clickhouse, batch.events)
        accepted += len(batch.events)
        for rejection in batch.rejected[: max(0, _SHOWN - rejected)]:
            click.echo(_place(path, rejection), err=True)
        rejected += len(batch.rejected)
    if rejected:
        click.echo(f"{rejected} of {accepted + rejected} lines were no events and are left out", err=True)
    if not accepted:
        raise NoshowError(f"{path}: there is no event in it")


def _place(path: Path, rejection: Rejection) -> str:
    field_ = f"{rejection.field}: " if rejection.field else ""
    return f"{path}:{rejection.line}: {field_}{rejection.reason}"


def _last_event(clickhouse: ClickHouse) -> int:
    [(last,)] = clickhouse.query("SELECT toUnixTimestamp64Micro(max(time)) FROM events")
    return int(last)


def _verdicts(clickhouse: ClickHouse, workflows: Iterable[Workflow], at: int) -> Iterator[tuple[Workflow, Verdict]]:
    for workflow in sorted(workflows, key=lambda workflow: workflow.name):
        for verdict in judge(clickhouse, workflow, at):
            if isinstance(verdict, Verdict):
                yield workflow, verdict


def _counted(
    judged: Iterable[tuple[Workflow, Verdict]], tally: Tally, flagged: bool
) -> Iterator[tuple[Workflow, Verdict]]:
    for workflow, verdict in judged:
        tally.add(verdict)
        if verdict.findings or not flagged:
            yield workflow, verdict


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
            steps=[Step(step.step, step.state.value, step.at, step.due) for step in verdict.steps],
            findings=[(finding.step, finding.kind.value) for finding in verdict.findings],
        )
    )


def _row(workflow: Workflow, verdict: Verdict) -> str:
    flags = ", ".join(f"{finding.step} {finding.kind.value}" for finding in verdict.findings)
    started = rfc3339_or_none(verdict.start) or "-"
    return f"{workflow.name}  {verdict.correlation_id:<36}  {verdict.state.value:<10}  {started:<27}  {flags}".rstrip()


def _tell_of_strangers(clickhouse: ClickHouse, workflows: Iterable[Workflow]) -> None:
    """What no rule looks at: a name that is misspelt in a rule makes everything look well."""
    starts = sorted({name for workflow in workflows for name in workflow.start.names})
    known = sorted({name for workflow in workflows for name in workflow.event_names})
    [(without,)] = clickhouse.query(_WITHOUT_START, {"starts": starts})
    if without:
        click.echo(f"correlation IDs that have no start event of any rule ({', '.join(starts)}): {without}", err=True)
    unknown = clickhouse.query(_UNKNOWN, {"known": known})
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
    if tally.conflicts:
        click.echo(f"events of which copies differ (the earliest counts): {tally.conflicts}", err=True)
