"""The command line: reads flags and environment, wires, and turns what goes wrong into one message and an exit code.

Exit codes: 0 nothing flagged, 1 something flagged, or not as stories expect it, 2 wrong usage or invalid rules, 3 a
fault at run time, 130 interrupted.
"""

import logging
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from noshow import backtesting, check, explaining, history, importing, linting, options, serving, suggesting, testing
from noshow.action_commands import actions_group
from noshow.audit_commands import audit_group
from noshow.case_commands import cases_group
from noshow.client import Server, address
from noshow.demo import run as demo
from noshow.errors import NoshowError, WrongUsage
from noshow.notify_commands import routes_group, silences_group
from noshow.options import settings as _settings
from noshow.redacting import redact_events_command
from noshow.token_commands import tokens_group
from noshow.truth_commands import truth_group
from noshow.trying import try_command
from rules.diagnostic import Check
from rules.suggest.suggest import INSTANCES, Wishes
from store.errors import SettingsError, StoreError

FLAGGED, USAGE, FAULT = 1, 2, 3
FAILED = 1  # of what stories expect of rules
INTERRUPTED = 130  # as a shell has it

_RULES = options.PATH
_CHECK = click.Choice([*map(str, Check)])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="noshow")
def noshow() -> None:
    """Noshow flags the events that never showed up."""


noshow.add_command(actions_group)
noshow.add_command(audit_group)
noshow.add_command(routes_group)
noshow.add_command(silences_group)
noshow.add_command(cases_group)
noshow.add_command(tokens_group)
noshow.add_command(truth_group)


@noshow.command("check")
@click.option("--rules", type=_RULES, required=True, help="A rule file, or a directory of them.")
@click.option("--events", type=_RULES, required=True, help="Events as NDJSON, plain or gzipped.")
@click.option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339); else at the last event's time.")
@click.option("--flagged", is_flag=True, help="Leave out instances with no finding.")
@click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
def check_command(rules: Path, events: Path, as_of: str | None, flagged: bool, format_: str) -> None:
    """Judge the events of a file: no server, nothing left behind.

    Exit code 0: nothing flagged, 1: something is, 2: wrong usage or invalid rules, 3: a fault at run time.
    """
    sys.exit(FLAGGED if check.run(rules, events, as_of, check.Output(flagged, format_)) else 0)


@noshow.group("rules")
def rules_group() -> None:
    """Work on workflow rules."""


@rules_group.command("lint")
@click.argument("path", type=_RULES)
@click.option("--events", type=_RULES, help="Hold the rules against these events as well: NDJSON, plain or gzipped,")
@click.option("--data", type=_RULES, help="or against those that are stored in this data directory.")
@click.option("--config", type=_RULES, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
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
    settings = _settings({"data": data}, config)
    stored = history.of_store(settings) if data else nullcontext(None)
    with history.of_file(events) if events else stored as clickhouse:
        linting.run(
            path, settings.evaluator.retention, clickhouse, linting.Taste(strict, frozenset(map(Check, ignore)))
        )


@rules_group.command("test")
@click.argument("paths", type=_RULES, nargs=-1, required=True, metavar="PATH...")
@click.option("--filter", "only", default="", metavar="TEXT", help="Only the stories with this in their name.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each story.")
@click.option("--coverage", is_flag=True, help="Tell what the rules can come to that no story has seen.")
@click.option("--junit", type=_RULES, metavar="FILE", help="Write the outcome as JUnit XML, too.")
def test_command(paths: tuple[Path, ...], only: str, verbose: bool, coverage: bool, junit: Path | None) -> None:
    """Play the stories beside the rules (*.test.yml), and tell where they expect what the rules do not say.

    A PATH is a file of stories, a rule file that has one beside it, or a directory.

    Exit code 0: all they expect holds, 1: something does not, 2: wrong usage or invalid files, 3: a fault at run time.
    """
    sys.exit(0 if testing.run(paths, testing.Output(only, verbose, coverage, junit)) else FAILED)


@rules_group.command("suggest")
@click.option("--events", type=_RULES, help="Events as NDJSON, plain or gzipped; else those that are stored.")
@click.option("--data", type=_RULES, help="Data directory of the embedded stores.")
@click.option("--config", type=_RULES, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
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
    found = history.of_file(events) if events else history.of_store(_settings({"data": data}, config))
    suggesting.run(found, Wishes(start, name, limit))


@rules_group.command("explain")
@click.argument("path", type=_RULES, metavar="FILE")
@click.option("--format", "format_", type=click.Choice(explaining.FORMATS), default="text", show_default=True)
@click.option("--workflow", metavar="NAME", help="Only this one of the workflows in FILE, which may be a directory.")
@click.option("--correlation-id", metavar="ID", help="Explain this order, and not the rule.")
@click.option("--events", type=_RULES, help="Where the events of the order are: a file,")
@click.option("--data", type=_RULES, help="or a data directory, or the server that runs on it,")
@click.option("--url", help="or the address of a server.")
@options.TOKEN
@click.option("--config", type=_RULES, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
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
    settings = _settings({"data": more["data"]}, more["config"]) if stored else None
    source = explaining.Source(more["events"], settings, more["url"] and address(more["url"]), more["token"])
    explaining.run_one(subject, source, correlation_id, more["as_of"])


@rules_group.command("backtest")
@click.argument("path", type=_RULES, metavar="RULE")
@click.option("--against", type=_RULES, required=True, help="The present rules: a file, or a directory of them.")
@click.option("--events", type=_RULES, help="Events as NDJSON, plain or gzipped; else those that are stored.")
@click.option("--data", type=_RULES, help="Data directory of the embedded stores.")
@click.option("--config", type=_RULES, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option("--since", metavar="TIME", help="Leave out what began before this instant (RFC 3339).")
@click.option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339); else at the last event's time.")
@click.option("--format", "format_", type=click.Choice(backtesting.FORMATS), default="table", show_default=True)
def backtest_command(path: Path, against: Path, events: Path | None, format_: str, **more: Any) -> None:
    """Judge history by a changed rule and by the present one, and tell what each of them flags that the other does not.

    Exit code 0, whatever is flagged, 2: wrong usage or invalid rules, 3: a fault at run time.
    """
    as_of, since = (more[it] and history.instant(more[it], f"--{it.replace('_', '-')}") for it in ("as_of", "since"))
    question = backtesting.Question(path, against, as_of, since)
    found = history.of_file(events) if events else history.of_store(_settings({"data": more["data"]}, more["config"]))
    backtesting.run(question, found, format_)


@rules_group.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of rule files, for completion and hovering in editors."""
    suggesting.print_schema()


@noshow.group("events")
def events_group() -> None:
    """Work on events."""


events_group.add_command(redact_events_command)
events_group.add_command(try_command)


@events_group.command("import")
@click.argument("file", type=_RULES)
@click.option("--batch", type=click.IntRange(1, 50_000), default=1_000, show_default=True, help="Events in a request.")
@options.with_server
def import_command(file: Path, batch: int, server: Server) -> None:
    """Send the events of an NDJSON file, plain or gzipped, to a running server."""
    sys.exit(0 if importing.run(file, server, batch) else FAULT)


def _serving_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--config", type=_RULES, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml."),
        click.option("--rules", type=_RULES, help="Directory of rule files."),
        click.option("--data", type=_RULES, help="Data directory of the embedded stores."),
        click.option("--host", help="Address to listen on; 127.0.0.1 unless told otherwise."),
        click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 8080 unless told otherwise."),
    ):
        command = option(command)
    return command


@noshow.command("serve")
@_serving_options
def serve_command(config: Path | None, **overrides: object) -> None:
    """Run everything in one process, on embedded stores unless told otherwise."""
    serving.serve(_settings(overrides, config))


def _process(role: serving.Role, what: str) -> None:
    @noshow.command(role.value, help=f"{what} Needs a ClickHouse and a PostgreSQL server.")
    @_serving_options
    def command(config: Path | None, **overrides: object) -> None:
        serving.serve(_settings(overrides, config), frozenset({role}))


_process(serving.Role.COLLECTOR, "Only take events in.")
_process(serving.Role.EVALUATOR, "Only judge what is stored.")
_process(serving.Role.RECONCILER, "Only make cases of findings, and tell their owners.")
_process(serving.Role.API, "Only answer the REST interface and the dashboard.")


@noshow.command("demo")
@click.option("--keep", type=_RULES, metavar="DIR", help="Keep what the demo makes in this new directory.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the dashboard; 8080 if it is free.")
@click.option("--no-browser", is_flag=True, help="Do not open the dashboard.")
def demo_command(keep: Path | None, port: int | None, no_browser: bool) -> None:
    """Run a simulated shop that loses events, and open the dashboard."""
    demo.run(keep, port, open_browser=not no_browser)


def main() -> None:
    """The entry point: whatever goes wrong is one message and an exit code of its own, never 0 or 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("httpx", "httpcore", "urllib3", "alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # it logs what it raises, too
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(noshow(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has gone; so that the interpreter does not complain of it at exit:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAULT)
    except Exception as error:
        _fail(*_told(error))


def _told(error: Exception) -> tuple[str, int]:
    match error:
        case SettingsError():
            return "settings:\n  " + "\n  ".join(error.problems), USAGE
        case NoshowError():
            return str(error), error.exit_code
        case StoreError() | OSError():
            return str(error), FAULT
        case _:
            logging.getLogger(__name__).debug("an unforeseen fault", exc_info=error)
            return f"an unforeseen fault, please report it: {type(error).__name__}: {error}", FAULT


def _fail(message: str, code: int) -> None:
    click.echo(f"noshow: {message}", err=True)
    sys.exit(code)


def _end(_number: int, _frame: object) -> None:
    """Told to stop: by the way out that tidies up."""
    raise click.Abort
