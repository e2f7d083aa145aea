"""The provider that people sign in with, as it stands in the settings."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.scope import Scope
from store.settings import load
from store.settings_oidc import GroupGrant, OidcSettings

WHOLE = """\
access:
  oidc:
    issuer: https://login.example.org/realms/shop
    label: Example
    client_id: noshow
    client_secret_file: secret
    scopes: [openid, groups]
    name: preferred_username
    groups: roles
    grants:
      oncall: {scopes: [read, operate], teams: payments}
      "*all*": {scopes: read, teams: ["*"]}
"""
LEAST = "access:\n  oidc: {issuer: https://login.example.org, client_id: noshow, grants: {a: {scopes: read}}}\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("very secret\n")
    return tmp_path


def settings(text: str) -> OidcSettings | None:
    Path("noshow.yaml").write_text(text)
    return load({}).access.oidc


def test_all_of_it() -> None:
    found = settings(WHOLE)
    assert found is not None
    assert (found.issuer, found.label, found.client_id) == (
        "https://login.example.org/realms/shop",
        "Example",
        "noshow",
    )
    assert (found.asked, found.name, found.groups) == (("openid", "groups"), "preferred_username", "roles")
    assert found.secret is not None and found.secret.reveal() == "very secret"
    assert "very secret" not in repr(found)
    assert found.grants["oncall"] == GroupGrant(frozenset({Scope.READ, Scope.OPERATE}), frozenset({"payments"}))
    assert found.grants["*all*"].teams == {"*"}, "a group is called what it is called"


def test_as_little_as_can_be() -> None:
    found = settings(LEAST)
    assert found is not None
    assert (found.label, found.secret, found.asked) == ("login.example.org", None, ("openid", "email", "profile"))
    assert (found.name, found.groups) == ("email", "groups")


def test_without_it_nobody_signs_in_so() -> None:
    assert settings("access: {anonymous: never}\n") is None
    assert settings("access: {oidc: }\n") is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("client_id: noshow", "client: noshow"), "access.oidc.client: unknown setting; did you mean client_id?"),
        (("client_id: noshow, ", ""), "access.oidc: client_id is missing"),
        (("issuer: https://login.example.org, ", ""), "access.oidc: issuer is missing"),
        (("https://login.example.org", "http://login.example.org"), "expected the issuer as the provider spells it"),
        (("https://login.example.org", "https://u@login.example.org"), "expected the issuer as the provider spells it"),
        (("https://login.example.org", "'https://login.example.org?a'"), "expected the issuer as the provider"),
        ((", grants: {a: {scopes: read}}", ""), "access.oidc: grants is missing"),
        (("{a: {scopes: read}}", "{}"), "access.oidc.grants: expected at least one group"),
        (("{scopes: read}", "{}"), "access.oidc.grants.a: expected scopes, teams or both"),
        (
            ("scopes: read", "scopes: ingest"),
            "grants.a.scopes: expected administer, operate, personal, read",
        ),
        (("scopes: read", "scope: read"), "access.oidc.grants.a.scope: unknown setting; did you mean scopes?"),
        (("client_id: noshow", "client_id: noshow, scopes: [email]"), "expected openid among them"),
        (("client_id: noshow", "client_id: noshow, client_secret_file: nowhere"), "the file nowhere cannot be read"),
        (("client_id: noshow", "client_id: ' '"), "access.oidc.client_id: expected a word"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_what_is_wrong_is_said_with_its_place(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(LEAST.replace(*change))
    assert any(it.startswith("noshow.yaml:2:") and problem in it for it in caught.value.problems), caught.value.problems


def test_plain_http_only_on_this_machine() -> None:
    found = settings(LEAST.replace("https://login.example.org", "http://127.0.0.1:5556/dex"))
    assert found is not None and found.issuer == "http://127.0.0.1:5556/dex"


def test_a_secret_that_is_empty_is_none(directory: Path) -> None:
    (directory / "secret").write_text("\n")
    with pytest.raises(SettingsError, match="the file secret is empty"):
        settings(WHOLE)
