"""`noshow tokens`: make, list and end API tokens, in the SQL database itself; a server may run on it meanwhile."""

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from sqlalchemy import Connection

from api.access import tokens
from api.access.errors import TokenError
from api.access.identity import Scope
from api.access.tokens import Grant, Token
from noshow.errors import WrongUsage
from noshow.options import with_settings
from noshow.stores import database
from noshow.table import table
from reconcile.actor import Actor, ActorKind
from store.clock import SystemClock
from store.duration import format_duration, parse_duration
from store.instant import rfc3339
from store.settings import Settings

COLUMNS = ("id", "name", "scopes", "team", "source", "made", "by", "state")


@click.group("tokens")
def tokens_group() -> None:
    """Make, list and end API tokens. Who does it is the user of the operating system, for the audit trail."""


@tokens_group.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice([*map(str, Scope)]), multiple=True, required=True, help="Repeatable."
)
@click.option("--team", default="", help="May change this team's cases only; else everybody's.")
@click.option("--source", default="", help="What it sends is of this source only; else of any.")
@click.option("--expires", metavar="DURATION", help="How long it is valid, such as 90d; else until it is revoked.")
@with_settings
def create_command(
    name: str, scopes: Sequence[str], team: str, source: str, expires: str | None, settings: Settings
) -> None:
    """Print a new token, once: only a hash of it is kept. NAME says whose it is."""
    now = SystemClock().now()
    until = None if expires is None else now + _duration(expires, "--expires")
    grant = Grant(name, frozenset(map(Scope, scopes)), team, until, source)
    with opened(settings) as connection:
        text = tokens.issue(connection, grant, operator(), now)
    _told(text, f"valid {'until it is revoked' if until is None else f'until {rfc3339(until)}'}")


@tokens_group.command("rotate")
@click.argument("name")
@click.option(
    "--overlap", metavar="DURATION", default="1d", show_default=True, help="How long the old one stays valid."
)
@with_settings
def rotate_command(name: str, overlap: str, settings: Settings) -> None:
    """Print a token that takes the place of the one called NAME, and permits the same for as long a life."""
    micros = _duration(overlap, "--overlap")
    with opened(settings) as connection:
        text = tokens.rotate(connection, name, micros, operator(), SystemClock().now())
    _told(text, f"the old one ends {f'in {format_duration(micros)}' if micros else 'now'}")


@tokens_group.command("revoke")
@click.argument("id")
@with_settings
def revoke_command(id: str, settings: Settings) -> None:
    """End the token with this ID, which is the part between `noshow_` and the next `_`, and what signed in with it."""
    with opened(settings) as connection:
        token = tokens.revoke(connection, id, operator(), SystemClock().now())
    click.echo(f"the token {token.name} is revoked; a server notices within seconds", err=True)


@tokens_group.command("list")
@with_settings
def list_command(settings: Settings) -> None:
    """All tokens, those that have ended too; never their secrets."""
    with opened(settings) as connection:
        found = tokens.listing(connection)
    now = SystemClock().now()
    click.echo("\n".join(table(COLUMNS, [_row(token, now) for token in found])))


def operator() -> Actor:
    """The user of the operating system, as it knows them: not as the environment says."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return Actor(ActorKind.PERSON, name)


@contextmanager
def opened(settings: Settings) -> Iterator[Connection]:
    """A transaction. Raises WrongUsage, also for what the block raises as a TokenError."""
    with database(settings) as opened, opened.begin() as connection:
        try:
            yield connection
        except TokenError as error:
            raise WrongUsage(str(error)) from error


def _told(text: str, more: str) -> None:
    click.echo(text)
    click.echo(f"the new token, which is not shown again; {more}", err=True)


def _row(token: Token, now: int) -> tuple[str, ...]:
    scopes, made = " ".join(sorted(token.scopes)), rfc3339(token.created_at // 1_000_000 * 1_000_000)
    bounds = (token.team or "-", token.source or "-")
    return (token.id, token.name, scopes, *bounds, made, token.created_by, _state(token, now))


def _state(token: Token, now: int) -> str:
    if token.revoked_at is not None:
        return f"revoked {rfc3339(token.revoked_at)}"
    if token.expires_at is None:
        return "valid"
    return f"{'valid until' if token.valid(now) else 'ended'} {rfc3339(token.expires_at)}"


def _duration(text: str, option: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise WrongUsage(f"{option} {text}: {error}") from error
