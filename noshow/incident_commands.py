"""`noshow incidents …`: what fell silent at a running server, and waiting no longer."""

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from noshow.client import Server, connected
from noshow.options import with_server
from noshow.table import table

COLUMNS = ("ID", "STATE", "WHAT", "SINCE", "HELD UNTIL", "NOT JUDGED", "STEPS", "WHY")

Told = Mapping[str, Any]


@click.group("incidents")
def incidents_group() -> None:
    """What fell silent at a running server, and what is held for it."""


@incidents_group.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only what is still silent.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@with_server
def list_command(server: Server, only_open: bool, limit: int, format_: str) -> None:
    """List incidents, the latest first."""
    with connected(server) as client:
        found = list(client.listed("/v1/incidents", {"open": str(only_open).lower()}, limit))
    if format_ == "jsonl":
        lines = [msgspec.json.encode(it).decode() for it in found]
    else:
        lines = list(table(COLUMNS, [_row(it) for it in found])) if found else ["no such incidents"]
    for line in lines:
        click.echo(line)


@incidents_group.command("end")
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="Why it need not be waited for, for the record.")
@with_server
def end_command(server: Server, id_: str, reason: str) -> None:
    """Wait no longer: what was held is judged within seconds. Needs the scope operate."""
    with connected(server) as client:
        it = client.post(f"/v1/incidents/{id_}/end", {"reason": reason})
    click.echo(f"{it['id']}: {it['subject']} {it['state']}{f', {why}' if (why := _why(it)) else ''}")


def _row(it: Told) -> tuple[str, ...]:
    steps = dict.fromkeys(step for names in it["steps"].values() for step in names)
    what = f"{it['subject']}, {it['percent']} % of the usual" if it["percent"] else it["subject"]
    until = it["until"] if it["state"] == "holding" else it["let_go_at"] or it["ended_at"]
    return (it["id"], it["state"], what, it["since"], until, f"{it['held']:,}", ", ".join(steps), _why(it))


def _why(it: Told) -> str:
    """How it ended, or why it was let go of; '' while it holds."""
    match it["because"]:
        case None:
            return ""
        case "dismissed":
            return f"dismissed by {it['ended_by']}: {it['reason']}"
        case because:
            return str(because).replace("_", " ")
