"""`noshow check`."""

import sys
from pathlib import Path

import click

from noshow import check
from noshow.options import PATH

FLAGGED = 1  # the exit code


@click.command("check")
@click.option("--rules", type=PATH, required=True, help="A rule file, or a directory of them.")
@click.option("--events", type=PATH, required=True, help="Events as NDJSON, plain or gzipped.")
@click.option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339); else at the last event's time.")
@click.option("--flagged", is_flag=True, help="Leave out instances with no finding.")
@click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
def check_command(rules: Path, events: Path, as_of: str | None, flagged: bool, format_: str) -> None:
    """Judge the events of a file: no server, nothing left behind.

    Exit code 0: nothing flagged, 1: something is, 2: wrong usage or invalid rules, 3: a fault at run time.
    """
    sys.exit(FLAGGED if check.run(rules, events, as_of, check.Output(flagged, format_)) else 0)
