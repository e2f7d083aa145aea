"""`noshow routes …` and `noshow silences …`: who is told of what, and of what nothing is told for a while."""

from collections.abc import Sequence

import click

from noshow import routes
from noshow.client import Server, connected
from noshow.errors import WrongUsage
from noshow.history import instant
from noshow.options import with_server, with_settings
from noshow.table import table
from rules.spec import Severity
from store.clock import SystemClock
from store.duration import parse_duration
from store.instant import rfc3339
from store.settings import Settings

COLUMNS = ("id", "state", "matchers", "from", "to", "author", "reason")


@click.group("routes")
def routes_group() -> None:
    """Show and try the tree of routes in the settings (notify.route)."""


@routes_group.command("show")
@with_settings
def show_command(settings: Settings) -> None:
    """Print the tree, and the receivers it leads to."""
    click.echo("\n".join(routes.shown(settings)))


@routes_group.command("test")
@click.option("--owner", default="", help="The team that owns the step.")
@click.option("--severity", type=click.Choice([*map(str, Severity)]))
@click.option("--workflow")
@click.option("--step")
@click.option("--kind", help="Of finding: missing, late, failed, …")
@click.option("--type", "type_", help="Of news: case.opened, case.escalated, step.due_soon, …")
@click.option("--correlation-id")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Of the workflow; repeatable.")
@with_settings
def test_command(settings: Settings, labels: Sequence[str], type_: str | None, **given: str | None) -> None:
    """Tell who would hear of a case like this, and by which way through the tree."""
    facts = routes.facts_of({**given, "type": type_}, labels)
    click.echo("\n".join(routes.tested(settings, facts)))


@click.group("silences")
def silences_group() -> None:
    """Silences and maintenance windows of a running server."""


@silences_group.command("list")
@with_server
def list_command(server: Server) -> None:
    """Those in force, and those that begin later."""
    with connected(server) as client:
        items = client.get("/v1/silences")["items"]
    rows = [
        (it["id"], it["state"], " ".join(it["matchers"]), it["starts_at"], it["ends_at"], it["author"], it["reason"])
        for it in items
    ]
    click.echo("\n".join(table(COLUMNS, rows)))


@silences_group.command("add")
@click.argument("matchers", nargs=-1, required=True, metavar="MATCHER...")
@click.option("--for", "duration", required=True, metavar="DURATION", help="How long, such as 2h.")
@click.option("--reason", required=True, help="For those who wonder why they hear nothing.")
@click.option("--from", "starts_at", metavar="TIME", help="When it begins (RFC 3339); else now.")
@click.option("--dry-run", is_flag=True, help="Only count the cases it would mean.")
@with_server
def add_command(
    server: Server, matchers: Sequence[str], duration: str, reason: str, starts_at: str | None, dry_run: bool
) -> None:
    """Be silent about what fits every MATCHER: owner=payments, correlation_id=~A-1.*, labels.tier=gold."""
    with connected(server) as client:
        found = client.preview("/v1/silences/preview", {"matchers": matchers})
        click.echo(f"{found['count']} unresolved cases fit now")
        if dry_run:
            return
        begins = instant(starts_at, "--from") if starts_at else SystemClock().now()
        body = {"matchers": matchers, "reason": reason, "starts_at": rfc3339(begins)}
        made = client.post("/v1/silences", {**body, "ends_at": rfc3339(begins + _duration(duration))})
    click.echo(f"{made['id']}: {made['state']}, until {made['ends_at']}")


@silences_group.command("end")
@click.argument("id")
@with_server
def end_command(server: Server, id: str) -> None:
    """End one before its time; what is unresolved still is told within seconds."""
    with connected(server) as client:
        ended = client.post(f"/v1/silences/{id}/end")
    click.echo(f"{ended['id']}: {ended['state']}")


def _duration(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise WrongUsage(f"--for {text}: {error}") from error
