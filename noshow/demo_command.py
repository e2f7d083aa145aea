"""`noshow demo`."""

from pathlib import Path

import click

from noshow.demo import run as demo
from noshow.options import PATH


@click.command("demo")
@click.option("--keep", type=PATH, metavar="DIR", help="Keep what the demo makes in this new directory.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the dashboard; 8080 if it is free.")
@click.option("--no-browser", is_flag=True, help="Do not open the dashboard.")
def demo_command(keep: Path | None, port: int | None, no_browser: bool) -> None:
    """Run a simulated shop that loses events, and open the dashboard."""
    demo.run(keep, port, open_browser=not no_browser)
