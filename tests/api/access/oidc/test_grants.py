"""Claims and groups: what they make of somebody."""

import pytest

from api.access.errors import SignInRefused
from api.access.identity import Scope
from api.access.oidc.grants import claim, person
from reconcile.teams import EVERY_TEAM, Teams
from store.settings_oidc import GroupGrant, OidcSettings

READ, OPERATE, ADMINISTER = Scope.READ, Scope.OPERATE, Scope.ADMINISTER
GRANTS = {
    "staff": GroupGrant(frozenset({READ}), frozenset()),
    "oncall": GroupGrant(frozenset({READ, OPERATE}), frozenset({"payments"})),
    "shipping": GroupGrant(frozenset(), frozenset({"shipping"})),
    "platform": GroupGrant(frozenset({READ, OPERATE, ADMINISTER}), frozenset({"*"})),
}


def settings(groups: str = "groups", name: str = "email") -> OidcSettings:
    return OidcSettings("https://login.example", "Example", "noshow", None, name=name, groups=groups, grants=GRANTS)


def test_the_groups_add_up() -> None:
    found = person({"sub": "1", "email": "a@b", "groups": ["oncall", "shipping", "other"]}, settings())
    assert (found.name, found.scopes) == ("a@b", frozenset({READ, OPERATE}))
    assert found.teams == Teams.of("payments", "shipping")


def test_whom_no_group_gives_a_team_changes_nobody_s_cases() -> None:
    found = person({"sub": "1", "email": "a@b", "groups": ["staff"]}, settings())
    assert found.teams == Teams.of()
    assert not found.teams.have(["payments"])


def test_every_team_is_said_in_so_many_words() -> None:
    found = person({"sub": "1", "email": "a@b", "groups": ["oncall", "platform"]}, settings())
    assert found.teams is EVERY_TEAM


def test_a_team_alone_lets_nobody_in() -> None:
    with pytest.raises(SignInRefused, match="in no group"):
        person({"sub": "1", "email": "a@b", "groups": ["shipping"]}, settings())


def test_claims_may_be_within_others_or_have_dots_in_their_names() -> None:
    claims = {"realm_access": {"roles": ["oncall"]}, "https://example.org/groups": ["staff"], "a.b": 1, "a": {"b": 2}}
    assert claim(claims, "realm_access.roles") == ["oncall"]
    assert claim(claims, "https://example.org/groups") == ["staff"]
    assert claim(claims, "a.b") == 1
    assert claim(claims, "a.c") is claim(claims, "realm_access.roles.x") is None


def test_one_group_may_be_a_word() -> None:
    found = person({"sub": "1", "preferred_username": "anna", "role": "oncall"}, settings("role", "preferred_username"))
    assert found.scopes == {READ, OPERATE}
