"""`noshow migrate`: what processes do at their start, as a step of its own."""

from pathlib import Path

import click

from noshow import options
from noshow.stores import migrate


@click.command("migrate")
@click.option("--config", type=options.PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@click.option("--data", type=options.PATH, help="Data directory of the embedded stores.")
def migrate_command(config: Path | None, data: Path | None) -> None:
    """Bring both stores to this version, and say what was applied.

    A process does so at its start, if its account may; so run this before the others start where theirs may not, and
    on a ClickHouse cluster.
    """
    for name in migrate(options.settings({"data": data}, config)):
        click.echo(f"applied {name}")
    click.echo("the stores are as this version needs them")
