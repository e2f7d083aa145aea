"""`noshow quarantine …`: what a running server refused, and what becomes of it."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from noshow.client import Client, Server, connected
from noshow.errors import WrongUsage
from noshow.options import with_server
from noshow.table import table

GROUPS = ("group", "events", "counted only", "source", "last seen", "what is wrong")
EVENTS = ("id", "state", "source", "sent by", "received", "why")
REPLAY = "/v1/quarantine/replay"
FILTERS = ("group", "source", "sender", "fault", "since", "q")


def _chosen(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator: the command gets what was given of `FILTERS` as `filters`."""

    @click.option("--group", default="", help="One fault of one source, as `list` shows them.")
    @click.option("--source", default="", help="Only what names this source.")
    @click.option("--sender", default="", help="Only what this one sent: the name of a token, else an address.")
    @click.option("--fault", default="", help="A part of what is wrong.")
    @click.option("--since", default="", metavar="TIME", help="Received then (RFC 3339) or later.")
    @click.option("--q", default="", metavar="TEXT", help="A part of the bytes.")
    @functools.wraps(command)
    def choosing(**given: Any) -> None:
        filters = {name: given.pop(name) for name in FILTERS}
        command(filters={name: value for name, value in filters.items() if value}, **given)

    return choosing


@click.group("quarantine")
def quarantine_group() -> None:
    """What a running server refused: looked at, taken after all, or put aside."""


@quarantine_group.command("list")
@_chosen
@click.option("--state", type=click.Choice(["waiting", "replayed", "discarded", "all"]), default="waiting")
@click.option("--events", is_flag=True, help="The single events, the last 500; else how many have the same fault.")
@with_server
def list_command(server: Server, filters: dict[str, str], state: str, events: bool) -> None:
    """What was refused, by source and fault."""
    with connected(server) as client:
        asked: dict[str, str | int] = {**filters, "state": state, "limit": 500}
        if events:
            items = client.get("/v1/quarantine", asked)["items"]
            lines = table(EVENTS, [_event(it) for it in items])
        else:
            items = client.get("/v1/quarantine/groups", asked)["items"]
            lines = table(GROUPS, [_group(it) for it in items])
    click.echo("\n".join(lines))


@quarantine_group.command("show")
@click.argument("id")
@with_server
def show_command(server: Server, id: str) -> None:
    """One event: why it was refused, and its bytes (in base64 where they are no text). Needs the scope operate."""
    with connected(server) as client:
        it = client.get(f"/v1/quarantine/{id}")
    for name in ("id", "state", "by", "source", "sender", "received_at", "form", "group", "size", "cut"):
        if it[name] not in (None, False):
            click.echo(f"{name}: {it[name]}", err=True)
    click.echo(f"{_why(it)}", err=True)
    click.echo(it["base64"] if it["text"] is None else it["text"])


@quarantine_group.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@_chosen
@click.option("--reason", default="", help="Why, for the record.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken now.")
@with_server
def replay_command(server: Server, ids: Sequence[str], filters: dict[str, str], reason: str, dry_run: bool) -> None:
    """Take what was refused, as the settings are by now. Needs the scope operate."""
    taken, refused, after = 0, dict[str, int](), ""
    with connected(server) as client:
        while True:
            asked = {**_body(ids, filters), "reason": reason, "after": after}
            done = client.preview(f"{REPLAY}/preview", asked) if dry_run else client.post(REPLAY, asked)
            taken += done["taken"]
            for it in done["refused"]:
                refused[it["fault"]] = refused.get(it["fault"], 0) + it["count"]
            after = done["next"] or ""
            if not after:
                break
    click.echo(f"{taken} {'would be taken' if dry_run else 'taken'}, {sum(refused.values())} refused still")
    for fault, count in refused.items():
        click.echo(f"  {count}  {fault}")


@quarantine_group.command("discard")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@_chosen
@click.option("--reason", required=True, help="Why nobody will want it, for the record.")
@with_server
def discard_command(server: Server, ids: Sequence[str], filters: dict[str, str], reason: str) -> None:
    """Put aside what nobody will want. Needs the scope operate."""
    with connected(server) as client:
        click.echo(f"{_discarded(client, {**_body(ids, filters), 'reason': reason})} put aside")


def _discarded(client: Client, body: dict[str, object]) -> int:
    number = 0
    while True:
        done = client.post("/v1/quarantine/discard", body)
        number += int(done["discarded"])
        if not done["remaining"] or not done["discarded"]:
            return number


def _body(ids: Sequence[str], filters: dict[str, str]) -> dict[str, object]:
    if not ids and not filters:
        raise WrongUsage("name events by their ids, or choose them by --group, --source, --fault …")
    return {"ids": ids, **filters}


def _group(it: dict[str, Any]) -> tuple[str, ...]:
    counted = str(it["not_kept"]) if it["not_kept"] else "-"
    return (it["id"], str(it["count"]), counted, it["source"] or "-", it["last_seen"], it["fault"])


def _event(it: dict[str, Any]) -> tuple[str, ...]:
    return (it["id"], it["state"], it["source"] or "-", it["sender"], it["received_at"], _why(it))


def _why(it: dict[str, Any]) -> str:
    return f"{it['field']}: {it['reason']}" if it["field"] else str(it["reason"])
