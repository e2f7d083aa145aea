"""`noshow check`: judge a file of events in this process's own memory, and print the verdicts."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby, islice
from pathlib import Path

import click

from noshow import linting
from noshow.check_forms import FORMS
from noshow.history import instant, told_as_of
from noshow.judged_file import of_file
from rules.compile.workflow import OUTDATED
from rules.lines import Told, tell
from rules.ruleset import rules_of
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

_WITHOUT_START = """
SELECT count() FROM (SELECT 1 FROM events GROUP BY correlation_id HAVING countIf(has({starts:Array(String)}, name)) = 0)
"""

# Whether copies have been merged by now is chance.
_UNKNOWN = """
SELECT name, uniqExact(correlation_id, identity, content) FROM events
WHERE NOT has({known:Array(String)}, name) AND source != {ours:String} GROUP BY name
"""
_SHOWN = 10

_TOGETHER = 10_000  # lines that are written at once


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

    def add(self, workflow: str, told: Told) -> None:
        if told.state == OUTDATED:
            self.outdated[workflow] += told.alike
            return
        self.states[told.state] += told.alike
        self.conflicts += told.conflicts
        for kind in told.kinds:
            self.findings[kind] += told.alike
        for step in told.undated:
            self.undated[step] += told.alike


def run(rules: Path, events: Path, as_of: str | None, output: Output) -> bool:
    """Print the verdicts; true if anything is flagged. Raises NoshowError."""
    at = None if as_of is None else instant(as_of, "--as-of")
    workflows = linting.some(rules)
    with of_file(events, workflows) as stores:
        return tell_of(stores, workflows, told_as_of(at, *stores), output)


def tell_of(stores: Sequence[ClickHouse], workflows: Sequence[Workflow], at: int, output: Output) -> bool:
    """The same, at `at` (µs UTC) over all events of these stores, of which no two share a correlation ID."""
    tally = Tally()
    _print(_lines(stores, workflows, at, output, tally))
    _summarise(tally)
    _tell_of_strangers(stores, workflows)
    return bool(tally.findings)


def _lines(
    stores: Sequence[ClickHouse], workflows: Iterable[Workflow], at: int, output: Output, tally: Tally
) -> Iterator[str]:
    """In order of workflow and correlation ID, whichever version it was that judged, and counted."""
    form = FORMS[output.format]
    for name, versions in groupby(rules_of(workflows), key=lambda rule: rule.workflow.name):
        each = [tell(store, rule, at, form, flagged=output.flagged) for rule in versions for store in stores]
        for told in merge(*each, key=_in_order) if len(each) > 1 else each[0]:
            tally.add(name, told)
            if told.line and (told.kinds or not output.flagged):
                yield told.line


def _in_order(told: Told) -> bytes:
    """As ClickHouse orders text: by its bytes."""
    return told.correlation_id.encode()


def _print(lines: Iterable[str]) -> None:
    iterator = iter(lines)
    while some := list(islice(iterator, _TOGETHER)):
        sys.stdout.buffer.write("\n".join([*some, ""]).encode())
    sys.stdout.buffer.flush()


def _tell_of_strangers(stores: Sequence[ClickHouse], workflows: Iterable[Workflow]) -> None:
    """What no rule looks at: a name that is misspelt in a rule makes everything look well."""
    starts = sorted({name for workflow in workflows for name in workflow.start.names})
    known = sorted({name for workflow in workflows for name in workflow.event_names})
    without = sum(store.query(_WITHOUT_START, {"starts": starts})[0][0] for store in stores)
    if without:
        click.echo(f"correlation IDs that have no start event of any rule ({', '.join(starts)}): {without}", err=True)
    unknown: Counter[str] = Counter()
    for store in stores:
        unknown.update(dict(store.query(_UNKNOWN, {"known": known, "ours": RESERVED_SOURCE})))
    if unknown:
        commonest = sorted(unknown.items(), key=lambda it: (-it[1], it[0].encode()))[:_SHOWN]
        listed = ", ".join(f"{name} ({count})" for name, count in commonest)
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
