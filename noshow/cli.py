"""The command line: reads flags and environment, wires, and turns what goes wrong into one message and an exit code.

Exit codes: 0 nothing flagged, 1 something flagged, 2 wrong usage or invalid rules, 3 a fault at run time, 130
interrupted.
"""

import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from noshow import check, importing, linting, serving, testing
from noshow.demo import run as demo
from noshow.errors import NoshowError
from store.errors import SettingsError, StoreError
from store.settings import Settings, load

FLAGGED, USAGE, FAULT = 1, 2, 3
FAILED = 1  # of what stories expect of rules
INTERRUPTED = 130  # as a shell has it

_RULES = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="noshow")
def noshow() -> None:
    """Noshow flags the events that never showed up."""


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
def lint_command(path: Path) -> None:
    """Check a rule file, or a directory of them; every problem is listed with its place."""
    linting.run(path)


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


@noshow.group("events")
def events_group() -> None:
    """Work on events."""


@events_group.command("import")
@click.argument("file", type=_RULES)
@click.option("--url", help="The server to send to; else the one that runs on --data.")
@click.option("--data", type=_RULES, help="Data directory of the running server.")
@click.option("--batch", type=click.IntRange(1, 50_000), default=1_000, show_default=True, help="Events in a request.")
def import_command(file: Path, url: str | None, data: Path | None, batch: int) -> None:
    """Send the events of an NDJSON file, plain or gzipped, to a running server."""
    sys.exit(
        0
        if importing.run(file, importing.address(url) if url else importing.running(_settings({"data": data})), batch)
        else FAULT
    )


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


def _settings(overrides: Mapping[str, object], config: Path | None = None) -> Settings:
    return load(os.environ, config, overrides)


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
