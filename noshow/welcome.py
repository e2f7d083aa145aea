"""The first token: of a server on this machine alone, that nobody has made a token for yet."""

import click

from api.access import tokens
from api.access.identity import Scope
from api.access.keeper import Keeper
from api.access.origin import is_loopback
from api.access.tokens import Grant
from api.access.viewer import SIGN_IN
from noshow.stores import Stores
from reconcile.actor import SCHEDULE
from store.settings import Settings

FIRST = "admin"


def first_token(opened: Stores, settings: Settings, now: int) -> str:
    """One with every scope; '' where there is a valid token, or others than this machine could ask for one."""
    if opened.tenancy is None or not is_loopback(settings.host):
        return ""
    with opened.database.begin() as connection:
        if tokens.any_valid(connection, now):
            return ""
        return tokens.issue(connection, Grant(FIRST, frozenset(Scope)), SCHEDULE, now)


def tell(token: str, url: str, keeper: Keeper, now: int) -> str:
    """Show it, this once, and how to use it; the link that signs in with it, once."""
    link = f"{url}{SIGN_IN}?code={keeper.invite(token, now)}"
    click.echo(
        f"There was no token yet: here is the first, called {FIRST}, which may do everything. It is shown only now.\n\n"
        f"    {token}\n\n"
        f"Sign in with it on {url}{SIGN_IN}, or within 10 minutes by this link, which works once:\n"
        f"    {link}\n"
        "Programs send it as `Authorization: Bearer …`, commands take it as NOSHOW_TOKEN; "
        "`noshow tokens create` makes more.",
        err=True,
    )
    return link
