"""`noshow orders …`: every instance that a running server knows, flagged or not, whatever people call it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import click
import msgspec

from noshow.client import Client, Server, connected
from noshow.errors import WrongUsage
from noshow.options import FORMAT, filtered_by, with_server
from noshow.table import table

HEAD = ("ORDER", "WORKFLOW", "STATE", "BEGAN", "WAITS FOR", "FLAGGED")
STEPS = ("STEP", "STATE", "AT", "DUE")
EVENTS = ("TIME", "EVENT", "SOURCE", "ID")

_FILTERED = filtered_by(
    {
        "workflow": "Only this workflow.",
        "state": "incomplete, failed, orphan, running, complete, cancelled, late or held.",
        "step": "Only those that wait at this step, or miss it.",
        "owner": "Only those that wait at a step of this team.",
        "since": "Began then (RFC 3339, or a day) or later.",
        "until": "Began before.",
        "at_risk": "At least so much is at risk.",
        "q": "The beginning of the correlation ID.",
    }
)

Told = Mapping[str, Any]


@click.group("orders")
def orders_group() -> None:
    """Every order that a running server knows, flagged or not."""


@orders_group.command("list")
@click.option("--sort", type=click.Choice(["newest", "oldest", "risk", "id"]), default="newest", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@FORMAT
@_FILTERED
@with_server
def list_command(server: Server, filters: dict[str, str], sort: str, limit: int, format_: str) -> None:
    """List orders; with --format jsonl as `noshow check` has them."""
    with connected(server) as client:
        found = client.listed("/v1/instances", {**filters, "sort": sort}, limit)
        _say(_lines(found) if format_ == "jsonl" else _table(HEAD, map(_row, found)))


@orders_group.command("find")
@click.argument("identifier")
@FORMAT
@with_server
def find_command(server: Server, identifier: str, format_: str) -> None:
    """Find orders by any identifier that their events carry: a payment, a charge, a parcel."""
    with connected(server) as client:
        items = client.get("/v1/search", {"q": identifier})["items"]
    rows = ((it["correlation_id"], one["workflow"], one["state"]) for it in items for one in it["instances"])
    _say(_lines(items) if format_ == "jsonl" else _table(HEAD[:3], rows))


@orders_group.command("show")
@click.argument("correlation_id", metavar="ID")
@click.option("--workflow", default="", help="Where several know an order of this ID.")
@FORMAT
@with_server
def show_command(server: Server, correlation_id: str, workflow: str, format_: str) -> None:
    """Show an order: its steps, what is wrong with it, and what happened."""
    with connected(server) as client:
        names = [workflow] if workflow else _workflows(client, correlation_id)
        told = [client.get(f"/v1/instances/{quote(it, safe='')}/{quote(correlation_id, safe='')}") for it in names]
    if format_ == "jsonl":
        _say(_lines(told))
    for it in told if format_ == "table" else ():
        _say(_in_full(it))


def _workflows(client: Client, correlation_id: str) -> list[str]:
    """Those that know it. Raises WrongUsage where none does."""
    found = client.listed("/v1/instances", {"correlation_id": correlation_id}, 100)
    names = [it["workflow"] for it in found]
    if not names:
        raise WrongUsage(f"there is no order {correlation_id}; `noshow orders find` looks for other identifiers")
    return names


def _in_full(it: Told) -> Iterator[str]:
    customer = f", of {it['customer']}" if it["customer"] else ""
    risk = "" if it["at_risk"] is None else f", at risk {it['at_risk']:,.2f} {it['unit'] or ''}".rstrip()
    yield f"{it['correlation_id']} ({it['workflow']}, version {it['version']}) is {it['state']}{customer}{risk}"
    yield from (f"  {finding['sentence']}" for finding in it["findings"])
    steps = ((name, step["state"], step["at"] or "", step["due"] or "") for name, step in it["steps"].items())
    yield from _table(STEPS, steps)
    yield from _table(EVENTS, ((event["time"], event["name"], event["source"], event["id"]) for event in it["events"]))


def _row(it: Told) -> tuple[str, ...]:
    waits = ", ".join(name for name, step in it["steps"].items() if step["state"] in ("pending", "missing"))
    flagged = ", ".join(f"{finding['step'] or 'all of it'} {finding['kind']}" for finding in it["findings"])
    return (it["correlation_id"], it["workflow"], it["state"], it["start"] or "", waits, flagged)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    found = list(rows)
    return list(table(head, found)) if found else ["none"]


def _lines(found: Iterable[Told]) -> Iterator[str]:
    return (msgspec.json.encode(it).decode() for it in found)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
