"""`noshow rules …`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from noshow import backtesting, explaining, history, linting, options, suggesting, testing
from noshow.client import address
from noshow.errors import WrongUsage
from noshow.options import PATH
from rules.diagnostic import Check
from rules.suggest.suggest import INSTANCES, Wishes

FAILED = 1  # the exit code, of what stories expect of rules

_CHECK = click.Choice([*map(str, Check)])


@click.group("rules")
def rules_group() -> None:
    """Work on workflow rules."""


@rules_group.command("lint")
@click.argument("path", type=PATH)
@click.option("--events", type=PATH, help="Hold the rules against these events as well: NDJSON, plain or gzipped,")
@click.option("--data", type=PATH, help="or against those that are stored in this data directory.")
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option("--strict", is_flag=True, help="Take a warning for an error.")
@click.option(
    "--ignore", type=_CHECK, multiple=True, metavar="CHECK", help="Leave out warnings of this check; repeatable."
)
def lint_command(
    path: Path, events: Path | None, data: Path | None, config: Path | None, strict: bool, ignore: tuple[str, ...]
) -> None:
    """Check a rule file, or a directory of them; every problem is listed with its place, and what could be better.

    What stands in brackets behind a message is the name of its check: docs/lint has a page on each.

    Exit code 0: no errors, 2: errors, or warnings with --strict, or wrong usage, 3: a fault at run time.
    """
    settings = options.settings({"data": data}, config)
    stored = history.of_store(settings) if data else nullcontext(None)
    with history.of_file(events) if events else stored as clickhouse:
        linting.run(
            path, settings.evaluator.retention, clickhouse, linting.Taste(strict, frozenset(map(Check, ignore)))
        )


@rules_group.command("test")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="PATH...")
@click.option("--filter", "only", default="", metavar="TEXT", help="Only the stories with this in their name.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each story.")
@click.option("--coverage", is_flag=True, help="Tell what the rules can come to that no story has seen.")
@click.option("--junit", type=PATH, metavar="FILE", help="Write the outcome as JUnit XML, too.")
def test_command(paths: tuple[Path, ...], only: str, verbose: bool, coverage: bool, junit: Path | None) -> None:
    """Play the stories beside the rules (*.test.yml), and tell where they expect what the rules do not say.

    A PATH is a file of stories, a rule file that has one beside it, or a directory.

    Exit code 0: all they expect holds, 1: something does not, 2: wrong usage or invalid files, 3: a fault at run time.
    """
    sys.exit(0 if testing.run(paths, testing.Output(only, verbose, coverage, junit)) else FAILED)


@rules_group.command("suggest")
@click.option("--events", type=PATH, help="Events as NDJSON, plain or gzipped; else those that are stored.")
@click.option("--data", type=PATH, help="Data directory of the embedded stores.")
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option(
    "--start", default="", metavar="EVENT", help="The event that opens an instance; else the usual first one."
)
@click.option("--name", default="", metavar="NAME", help="The workflow's name, in kebab-case.")
@click.option(
    "--limit", type=click.IntRange(1), default=INSTANCES, show_default=True, help="Correlation IDs to look at, about."
)
def suggest_command(
    events: Path | None, data: Path | None, config: Path | None, start: str, name: str, limit: int
) -> None:
    """Propose a rule file from events: its start, steps, graph and deadlines, with the evidence in comments."""
    found = history.of_file(events) if events else history.of_store(options.settings({"data": data}, config))
    suggesting.run(found, Wishes(start, name, limit))


@rules_group.command("explain")
@click.argument("path", type=PATH, metavar="FILE")
@click.option("--format", "format_", type=click.Choice(explaining.FORMATS), default="text", show_default=True)
@click.option("--workflow", metavar="NAME", help="Only this one of the workflows in FILE, which may be a directory.")
@click.option("--correlation-id", metavar="ID", help="Explain this order, and not the rule.")
@click.option("--events", type=PATH, help="Where the events of the order are: a file,")
@click.option("--data", type=PATH, help="or a data directory, or the server that runs on it,")
@click.option("--url", help="or the address of a server.")
@options.TOKEN
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339); else at the last event's time.")
def explain_command(path: Path, format_: str, workflow: str | None, correlation_id: str | None, **more: Any) -> None:
    """Tell what a rule expects and by when; or why each step of one order is what it is."""
    subject = explaining.Subject(path, workflow)
    if correlation_id is None:
        explaining.run(subject, format_, more["as_of"])
        return
    if format_ != "text":
        raise WrongUsage(f"--format {format_} is of a rule; an order is explained in text")
    stored = not (more["events"] or more["url"])
    settings = options.settings({"data": more["data"]}, more["config"]) if stored else None
    source = explaining.Source(more["events"], settings, more["url"] and address(more["url"]), more["token"])
    explaining.run_one(subject, source, correlation_id, more["as_of"])


@rules_group.command("backtest")
@click.argument("path", type=PATH, metavar="RULE")
@click.option("--against", type=PATH, required=True, help="The present rules: a file, or a directory of them.")
@click.option("--events", type=PATH, help="Events as NDJSON, plain or gzipped; else those that are stored.")
@click.option("--data", type=PATH, help="Data directory of the embedded stores.")
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option("--since", metavar="TIME", help="Leave out what began before this instant (RFC 3339).")
@click.option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339); else at the last event's time.")
@click.option("--format", "format_", type=click.Choice(backtesting.FORMATS), default="table", show_default=True)
def backtest_command(path: Path, against: Path, events: Path | None, format_: str, **more: Any) -> None:
    """Judge history by a changed rule and by the present one, and tell what each of them flags that the other does not.

    Exit code 0, whatever is flagged, 2: wrong usage or invalid rules, 3: a fault at run time.
    """
    as_of, since = (more[it] and history.instant(more[it], f"--{it.replace('_', '-')}") for it in ("as_of", "since"))
    question = backtesting.Question(path, against, as_of, since)
    found = (
        history.of_file(events)
        if events
        else history.of_store(options.settings({"data": more["data"]}, more["config"]))
    )
    backtesting.run(question, found, format_)


@rules_group.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of rule files, for completion and hovering in editors."""
    suggesting.print_schema()
