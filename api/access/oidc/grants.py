"""What a provider's claims make of somebody here."""

from collections.abc import Mapping
from typing import Any

from api.access.errors import SignInRefused
from api.access.identity import Scope
from api.access.people import Person
from api.access.tokens import is_name
from reconcile.teams import EVERY_TEAM, Teams
from store.settings_oidc import OidcSettings

EVERY = "*"


def person(claims: Mapping[str, Any], settings: OidcSettings) -> Person:
    """Whom these verified claims are of, with what their groups are given: nobody has what no group gives. Raises
    `SignInRefused`."""
    name = claim(claims, settings.name)
    if not isinstance(name, str) or not is_name(name):
        raise SignInRefused(f"The provider gives you no name that can be used here (its claim {settings.name}).")
    if settings.name == "email" and claims.get("email_verified") is False:
        raise SignInRefused(f"The provider has not verified that {name} is you.")
    groups = [group for group in _groups(claims, settings) if group in settings.grants]
    scopes = frozenset(scope for group in groups for scope in settings.grants[group].scopes)
    teams = frozenset(team for group in groups for team in settings.grants[group].teams)
    if Scope.READ not in scopes:
        raise SignInRefused(f"{name} is in no group that may use this dashboard. Ask whoever runs it.")
    return Person(name, settings.issuer, claims["sub"], scopes, EVERY_TEAM if EVERY in teams else Teams(teams))


def claim(claims: Mapping[str, Any], name: str) -> object:
    """Of this name; `a.b` is the claim called so, or `b` within `a`. `None` where there is none."""
    if name in claims:
        return claims[name]
    first, _, rest = name.partition(".")
    within = claims.get(first)
    return claim(within, rest) if rest and isinstance(within, Mapping) else None


def _groups(claims: Mapping[str, Any], settings: OidcSettings) -> list[str]:
    found = claim(claims, settings.groups)
    return [it for it in found if isinstance(it, str)] if isinstance(found, list) else [str(found)] if found else []
