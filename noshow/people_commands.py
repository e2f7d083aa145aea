"""`noshow people`: whom a provider has signed in, in the SQL database itself; a server may run on it meanwhile."""

import click

from api.access import people
from api.access.people import Known
from noshow.options import with_settings
from noshow.table import table
from noshow.token_commands import opened, operator
from store.clock import SystemClock
from store.instant import rfc3339
from store.settings import Settings

COLUMNS = ("name", "provider", "known there as", "first", "last")


@click.group("people")
def people_group() -> None:
    """Whom the provider of `access.oidc` has signed in."""


@people_group.command("list")
@with_settings
def list_command(settings: Settings) -> None:
    """All of them, with when they signed in first and last."""
    with opened(settings) as connection:
        found = people.listing(connection)
    click.echo("\n".join(table(COLUMNS, [_row(known) for known in found])))


@people_group.command("forget")
@click.argument("name")
@with_settings
def forget_command(name: str, settings: Settings) -> None:
    """Sign NAME out everywhere, and let somebody else be called so."""
    with opened(settings) as connection:
        people.forget(connection, name, operator(), SystemClock().now())
    click.echo(f"{name} is signed out and forgotten; a server notices within seconds", err=True)


def _row(known: Known) -> tuple[str, ...]:
    first, last = (rfc3339(at // 1_000_000 * 1_000_000) for at in (known.first_at, known.last_at))
    return (known.name, known.issuer, known.subject, first, last)
