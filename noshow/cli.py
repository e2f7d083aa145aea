"""The command line: reads flags and environment, wires, and turns what goes wrong into one message and an exit code.

Exit codes: 0 nothing flagged, 1 something flagged, or not as stories expect it, 2 wrong usage or invalid rules, 3 a
fault at run time, 130 interrupted.
"""

import logging
import os
import signal
import sys

import click

from noshow.command_group import CommandGroup
from noshow.errors import NoshowError
from store.errors import SettingsError, StoreError

USAGE, FAULT = 2, 3
INTERRUPTED = 130  # as a shell has it

COMMANDS = {
    "actions": "noshow.action_commands:actions_group",
    "api": "noshow.serve_commands:api_command",
    "audit": "noshow.audit_commands:audit_group",
    "cases": "noshow.case_commands:cases_group",
    "check": "noshow.check_command:check_command",
    "collector": "noshow.serve_commands:collector_command",
    "demo": "noshow.demo_command:demo_command",
    "evaluator": "noshow.serve_commands:evaluator_command",
    "events": "noshow.event_commands:events_group",
    "incidents": "noshow.incident_commands:incidents_group",
    "migrate": "noshow.migrate_command:migrate_command",
    "quarantine": "noshow.quarantine_commands:quarantine_group",
    "reconciler": "noshow.serve_commands:reconciler_command",
    "routes": "noshow.notify_commands:routes_group",
    "rules": "noshow.rule_commands:rules_group",
    "serve": "noshow.serve_commands:serve_command",
    "silences": "noshow.notify_commands:silences_group",
    "tokens": "noshow.token_commands:tokens_group",
    "orders": "noshow.order_commands:orders_group",
    "people": "noshow.people_commands:people_group",
    "truth": "noshow.truth_commands:truth_group",
}


@click.group(
    cls=CommandGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="noshow")
def noshow() -> None:
    """Noshow flags the events that never showed up."""


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
