"""`noshow events …`."""

import sys
from pathlib import Path

import click

from noshow import importing, options
from noshow.client import Server
from noshow.redacting import redact_events_command
from noshow.trying import try_command

FAULT = 3  # the exit code


@click.group("events")
def events_group() -> None:
    """Work on events."""


events_group.add_command(redact_events_command)
events_group.add_command(try_command)


@events_group.command("import")
@click.argument("file", type=options.PATH)
@click.option("--batch", type=click.IntRange(1, 50_000), default=1_000, show_default=True, help="Events in a request.")
@click.option("--source", default="", help="The source of events that name none, and whose mapping reads them.")
@options.with_server
def import_command(file: Path, batch: int, source: str, server: Server) -> None:
    """Send the events of an NDJSON file, plain or gzipped, to a running server."""
    sys.exit(0 if importing.run(file, server, batch, source) else FAULT)
