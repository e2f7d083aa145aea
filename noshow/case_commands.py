"""`noshow cases …`: the queue from a terminal."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

from noshow import casework
from noshow.casework import Asked, Chosen
from noshow.client import Server, connected
from noshow.options import FORMAT, filtered_by, with_server
from reconcile.cases.case import BY_PEOPLE

LEFT = 1

_FILTERED = filtered_by(
    {
        "state": "open, acknowledged, snoozed, resolved, unresolved; several with commas between.",
        "workflow": "Only this workflow.",
        "step": "With a finding on this step.",
        "owner": "With a finding that this team owns.",
        "kind": "With a finding of this kind.",
        "severity": "info, warning or critical.",
        "assignee": "A name, me, or none.",
        "age": "under_1h, 1h_4h, 4h_24h, 1d_7d or over_7d.",
        "correlation_id": "Only this order.",
    }
)
_NOTE = click.option("--note", default="", metavar="TEXT", help="What to say about it.")

Command = Callable[..., None]


def _moving(command: Callable[..., Asked]) -> Command:
    """A decorator for commands that move cases: those with the ids, else those that the filters choose. The command
    gives the move's name and body, and ends with exit code 0 where all were moved, else 1."""

    @click.argument("ids", nargs=-1, metavar="[ID]...")
    @click.option("--expect", type=click.IntRange(0), metavar="N", help="Without an ID: do it if the filters choose N.")
    @_FILTERED
    @with_server
    @functools.wraps(command)
    def moving(server: Server, ids: tuple[str, ...], filters: dict[str, str], expect: int | None, **more: Any) -> None:
        move, body = command(**more)
        with connected(server) as client:
            sys.exit(0 if casework.move(client, Chosen(ids, filters, expect), move, body) else LEFT)

    return moving


@click.group("cases")
def cases_group() -> None:
    """Work the queue of a running server."""


@cases_group.command("list")
@click.option("--sort", type=click.Choice(["age", "newest", "risk", "severity"]), default="age", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@FORMAT
@_FILTERED
@with_server
def list_command(server: Server, filters: dict[str, str], sort: str, limit: int, format_: str) -> None:
    """List cases; without --state those that are unresolved."""
    with connected(server) as client:
        found = client.listed("/v1/cases", {"state": "unresolved", **filters, "sort": sort}, limit)
        casework.show_list(found, format_)


@cases_group.command("show")
@click.argument("id_", metavar="ID")
@FORMAT
@with_server
def show_command(server: Server, id_: str, format_: str) -> None:
    """Show a case: its findings, what happened and why, references of others, comments."""
    with connected(server) as client:
        casework.show(client.get(f"/v1/cases/{id_}"), format_)


@cases_group.command("acknowledge")
@_NOTE
@_moving
def acknowledge_command(note: str) -> Asked:
    """Say that somebody knows."""
    return "acknowledge", {"note": note}


@cases_group.command("snooze")
@click.option("--until", required=True, metavar="TIME", help="An instant (RFC 3339), or how long: 4h.")
@_NOTE
@_moving
def snooze_command(until: str, note: str) -> Asked:
    """Hear nothing of it until then, unless something new is wrong."""
    return "snooze", {"until": until, "note": note}


@cases_group.command("resolve")
@click.option("--reason", required=True, type=click.Choice(list(map(str, BY_PEOPLE))))
@click.option("--note", required=True, metavar="TEXT", help="A few words on why.")
@_moving
def resolve_command(reason: str, note: str) -> Asked:
    """Settle it, with everything that is wrong now."""
    return "resolve", {"reason": reason, "note": note}


@cases_group.command("reopen")
@_NOTE
@_moving
def reopen_command(note: str) -> Asked:
    """Back to open, from whatever it is."""
    return "reopen", {"note": note}


@cases_group.command("assign")
@click.option("--to", required=True, metavar="NAME", help="A name, me, or none.")
@click.option("--revision", type=click.IntRange(0), help="Of one case as you saw it: take it from somebody else.")
@_NOTE
@_moving
def assign_command(to: str, revision: int | None, note: str) -> Asked:
    """Claim it, hand it over, or let go of it."""
    seen = {} if revision is None else {"revision": revision}
    return "assign", {"assignee": to, "note": note, **seen}


@cases_group.command("comment")
@click.argument("id_", metavar="ID")
@click.argument("text")
@with_server
def comment_command(server: Server, id_: str, text: str) -> None:
    """Say something about a case."""
    with connected(server) as client:
        client.post(f"/v1/cases/{id_}/comments", {"text": text})


@cases_group.command("recheck")
@click.option("--workflow", default="", help="Only this workflow.")
@click.option("--step", default="", help="Only this step.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@with_server
def recheck_command(server: Server, **asked: Any) -> None:
    """Have the sources of truth asked again, at once, about everything that is missing."""
    with connected(server) as client:
        told = client.post("/v1/cases/recheck", asked)
    lookups = "1 lookup" if told["lookups"] == 1 else f"{told['lookups']:,} lookups"
    click.echo(f"{lookups} {'would be made' if told['dry_run'] else 'under way'}", err=True)
