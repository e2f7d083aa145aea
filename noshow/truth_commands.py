"""`noshow truth …`: a CSV of truth, looked at and applied; what the sources say and where they differ."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import msgspec

from noshow.client import Refused, Server, connected
from noshow.errors import NoshowError
from noshow.options import PATH, with_server
from noshow.table import table
from reconcile.truth.sweep.compare import Kind

SHOWN = 50  # lines of a preview
WIDEST = 100  # characters of a cell

CSV = "text/csv"


@click.group("truth")
def truth_group() -> None:
    """Settle what is missing by what the source of truth says."""


@truth_group.command("preview")
@click.argument("file", type=PATH)
@with_server
def preview_command(file: Path, server: Server) -> None:
    """Show what a CSV of truth would change. Nothing is changed.

    Its first line names the columns: correlation_id, step, word (confirmed or absent), and if you like time, reason,
    workflow.
    """
    shown = _previewed(server, file)
    click.echo(f"\nto apply it: noshow truth apply {file} --fingerprint {shown['fingerprint']} --reason …", err=True)


@truth_group.command("apply")
@click.argument("file", type=PATH)
@click.option("--reason", required=True, help="Why, for the audit trail.")
@click.option("--fingerprint", default="", help="Of the previewed file; else it is shown, and you are asked.")
@with_server
def apply_command(file: Path, reason: str, fingerprint: str, server: Server) -> None:
    """Apply a CSV of truth: all that it changes as one, or nothing."""
    if not fingerprint:
        shown = _previewed(server, file)
        click.confirm(f"Apply these {shown['changes']} changes?", abort=True, err=True)
        fingerprint = shown["fingerprint"]
    asked = {"fingerprint": fingerprint, "reason": reason}
    with connected(server) as client, _told(file):
        done = client.post("/v1/truth/file", file.read_bytes(), asked, CSV)
    click.echo(f"{done['changes']} corrections applied", err=True)


@truth_group.command("read")
@click.argument("workflow")
@click.argument("correlation_id")
@click.argument("step")
@with_server
def read_command(server: Server, **place: str) -> None:
    """Print what the source of truth of a step says now."""
    with connected(server) as client:
        told = client.get("/v1/truth/{workflow}/{correlation_id}/{step}".format(**_quoted(place)))
    click.echo(f"{told['outcome']}{_at(told['time'])}, asked at {told['asked_at']}")
    if told["stale"]:
        click.echo(f"stale: {told['warning']}", err=True)


@truth_group.command("discrepancies")
@click.option("--source", default="", help="Only what this sweep found.")
@click.option("--kind", type=click.Choice([*map(str, Kind)]), help="Only this kind.")
@click.option("--state", type=click.Choice(["open", "corrected", "closed"]), help="Only in this state.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="Most that are shown.")
@click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@with_server
def discrepancies_command(server: Server, format_: str, **asked: Any) -> None:
    """List where sources of truth and what is stored here differ, the latest first."""
    with connected(server) as client:
        found = client.get("/v1/discrepancies", {name: value for name, value in asked.items() if value})["items"]
    if format_ == "jsonl":
        lines = [msgspec.json.encode(it).decode() for it in found]
    else:
        head = ("found", "source", "kind", "order", "step", "state")
        names = ("found_at", "source", "kind", "correlation_id", "step", "state")
        lines = list(table(head, [[str(it[name])[:WIDEST] for name in names] for it in found]))
    for line in lines:
        click.echo(line)


def _previewed(server: Server, file: Path) -> Any:
    """As it is shown."""
    with connected(server) as client, _told(file):
        shown = client.preview("/v1/truth/file/preview", file.read_bytes(), CSV)
    _show(shown)
    return shown


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Raises NoshowError with what is wrong, line by line."""
    try:
        yield
    except Refused as error:
        lines = [f"{file}: {it.parameter}: {it.reason}" for it in error.faults]
        raise NoshowError("\n".join([str(error), *lines])) from error


def _show(shown: Any) -> None:
    rows = [[str(it["line"]), it["effect"], it["sentence"][:WIDEST]] for it in shown["lines"][:SHOWN]]
    for line in table(("line", "effect", "what"), rows):
        click.echo(line)
    if (more := len(shown["lines"]) - SHOWN) > 0:
        click.echo(f"and {more} more")
    totals = ", ".join(f"{count} {effect}" for effect, count in shown["totals"].items())
    money = ", ".join(f"{amount:,.2f} {unit}".strip() for unit, amount in shown["at_risk"].items())
    click.echo(f"\n{shown['changes']} of {len(shown['lines'])} lines change something: {totals}")
    if money:
        click.echo(f"at risk in these: {money}")


def _quoted(place: dict[str, str]) -> dict[str, str]:
    return {name: quote(text, safe="") for name, text in place.items()}


def _at(time: str | None) -> str:
    return f" as of {time}" if time else ""
