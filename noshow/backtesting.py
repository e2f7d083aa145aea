"""`noshow rules backtest`: what a changed rule would flag in stored history, against what the present one flags."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click
import msgspec

from noshow import linting
from noshow.errors import WrongUsage
from noshow.history import told_as_of
from rules.backtest import Comparison, Example, Marked, Side, backtest
from rules.ruleset import Rule, rules_of
from rules.spec import Workflow
from rules.verdict import Kind
from store.clickhouse import ClickHouse
from store.instant import rfc3339

FORMATS = ("table", "json")


@dataclass(frozen=True, slots=True)
class Question:
    """`changed`: the file or directory with the changed rules; `against`: that with the present ones. Instants: µs UTC;
    without `as_of` history is judged as of its last event, and without `since` all of it is."""

    changed: Path
    against: Path
    as_of: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The versions of one workflow before and after."""

    name: str
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]


def pairs(question: Question) -> list[Pair]:
    """Each changed workflow with its present versions. Raises InvalidRules, or WrongUsage where there is none.

    A changed rule that comes alone judges all of history, whatever its `effective_from`: that is what is asked.
    """
    after, before = linting.some(question.changed), linting.some(question.against)
    known = {workflow.name for workflow in before}
    names = list(dict.fromkeys(workflow.name for workflow in after))
    for name in names:
        if name not in known:
            raise WrongUsage(f"there is no workflow {name} in {question.against}, but {', '.join(sorted(known))}")
    others = [workflow for workflow in before if workflow.name not in names]
    return [Pair(name, _versions(before, name), _alone(_versions((*after, *others), name))) for name in names]


def run(question: Question, source: AbstractContextManager[ClickHouse], format_: str) -> None:
    """Judge by both and print the difference. Raises NoshowError or StoreError."""
    asked = pairs(question)
    with source as clickhouse:
        as_of = told_as_of(question.as_of, clickhouse)
        found = [(pair, backtest(clickhouse, pair.before, pair.after, as_of, question.since)) for pair in asked]
    if format_ == "json":
        told = [_json(pair, comparison) for pair, comparison in found]
        since = None if question.since is None else rfc3339(question.since)
        document = {"as_of": rfc3339(as_of), "since": since, "workflows": told}
        click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    click.echo("\n\n".join("\n".join(_table(pair, comparison)) for pair, comparison in found))


def _versions(workflows: Sequence[Workflow], name: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules_of(workflows) if rule.workflow.name == name)


def _alone(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if len(rules) > 1:
        return rules
    [rule] = rules
    return (Rule(rule.workflow, replace(rule.lives, since=None)),)


def _json(pair: Pair, found: Comparison) -> dict[str, object]:
    return {
        "workflow": pair.name,
        "before": _side(pair.before, found.before),
        "after": _side(pair.after, found.after),
        "newly_flagged": found.newly,
        "no_longer_flagged": found.no_longer,
        "still_flagged": found.still,
        "findings": [_marked_json(step, kind, marked) for (step, kind), marked in _ordered(pair, found)],
    }


def _side(rules: Sequence[Rule], side: Side) -> dict[str, object]:
    versions = [{"version": it.workflow.version, "hash": it.workflow.content_hash} for it in rules]
    return {"versions": versions, **asdict(side), "rate": side.rate}


def _marked_json(step: str, kind: Kind, marked: Marked) -> dict[str, object]:
    counts = {"only_before": marked.only_before, "only_after": marked.only_after, "both": marked.both}
    examples = {"new": list(map(_example, marked.new)), "gone": list(map(_example, marked.gone))}
    return {"step": step, "kind": kind.value, **counts, "examples": examples}


def _example(example: Example) -> dict[str, object]:
    return {**asdict(example), "since": rfc3339(example.since)}


def _ordered(pair: Pair, found: Comparison) -> list[tuple[tuple[str, Kind], Marked]]:
    """By step in the order of the changed file, then of the present one; those of the whole last."""
    names = [step.name for rule in (*pair.after, *pair.before) for step in rule.workflow.steps]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    kinds = list(Kind)
    return sorted(found.findings.items(), key=lambda it: (places.get(it[0][0], len(places)), kinds.index(it[0][1])))


# The table


def _table(pair: Pair, found: Comparison) -> Iterator[str]:
    before, after = found.before, found.after
    yield f"{pair.name}: {_called(pair.after)} against {_called(pair.before)}"
    yield ""
    rows: list[tuple[str, ...]] = [("", "before", "after"), ("judged", f"{before.judged}", f"{after.judged}")]
    rows.append(("flagged", f"{before.flagged}", f"{after.flagged}"))
    rows.append(("rate", f"{before.rate:.2%}", f"{after.rate:.2%}"))
    for unit in sorted({*before.at_risk, *after.at_risk}):
        amounts = (f"{side.at_risk.get(unit, 0.0):,.2f}" for side in (before, after))
        rows.append((f"at risk {unit}".rstrip(), *amounts))
    if before.outdated or after.outdated:
        rows.append(("older than any version", f"{before.outdated}", f"{after.outdated}"))
    yield from _aligned(rows, 1)
    yield ""
    yield f"{found.newly} newly flagged, {found.no_longer} no longer, {found.still} still"
    marks = _ordered(pair, found)
    if marks:
        yield ""
        counts = [
            (step or "(whole)", kind, f"{m.only_before}", f"{m.only_after}", f"{m.both}") for (step, kind), m in marks
        ]
        yield from _aligned([("step", "finding", "only before", "only after", "both"), *counts], 2)
    for (step, kind), marked in marks:
        yield from _examples(f"{step} {kind}: only after, such as".lstrip(), marked.new)
        yield from _examples(f"{step} {kind}: only before, such as".lstrip(), marked.gone)


def _called(rules: Sequence[Rule]) -> str:
    return " and ".join(f"version {it.workflow.version} ({it.workflow.content_hash})" for it in rules)


def _aligned(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """The first `left` columns begin flush, the others end so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            it.ljust(wide) if at < left else it.rjust(wide)
            for at, (it, wide) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _examples(title: str, examples: Sequence[Example]) -> Iterator[str]:
    if examples:
        yield ""
        yield title
        yield from (f"  {example.correlation_id}  {example.sentence}" for example in examples)
