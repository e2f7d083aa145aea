"""The provider that people sign in with, by OpenID Connect. In the file only:

access:
  oidc:
    issuer: https://login.example.org
    client_id: noshow
    client_secret_file: /run/secrets/oidc
    grants:
      payments-oncall: {scopes: [read, operate], teams: payments}
      platform: {scopes: [read, operate, administer], teams: "*"}
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from store.scope import OF_PEOPLE, Scope
from store.secret import Secret
from store.settings_branch import ANY, Branch

OIDC = ("access", "oidc")
OPENID = "openid"

ASKED, NAME, GROUPS = (OPENID, "email", "profile"), "email", "groups"

_KEYS = ("issuer", "label", "client_id", "client_secret_file", "scopes", "name", "groups", "grants")
_SCOPES, _TEAMS = "scopes", "teams"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GroupGrant:
    """What members of a group may do. `teams`: whose cases they may change; in it `*` is every team's."""

    scopes: frozenset[Scope]
    teams: frozenset[str]


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """`issuer` is the provider, as it spells itself, `label` how people call it. Without `secret` we are a public
    client. `asked`: the scopes that are asked for there. `name` and `groups`: the claims that hold what somebody is
    called here, and the groups; `grants` says by group what that gives: who is in none of them is not let in."""

    issuer: str
    label: str
    client_id: str
    secret: Secret | None
    asked: tuple[str, ...] = ASKED
    name: str = NAME
    groups: str = GROUPS
    grants: Mapping[str, GroupGrant] = field(default_factory=dict)


def oidc(branch: Branch | None) -> OidcSettings | None:
    """What the branch says; what is missing or wrong is noted."""
    if branch is None:
        return None
    given = branch.members(_KEYS)
    for key in ("issuer", "client_id", "grants"):
        if key not in given:
            branch.problem(f"{key} is missing")
    issuer = _parsed(given, "issuer", _issuer, "")
    return OidcSettings(
        issuer,
        label=_parsed(given, "label", _word, urlsplit(issuer).hostname or ""),
        client_id=_parsed(given, "client_id", _word, ""),
        secret=_secret(given["client_secret_file"]) if "client_secret_file" in given else None,
        asked=_asked(given["scopes"]) if "scopes" in given else ASKED,
        name=_parsed(given, "name", _word, NAME),
        groups=_parsed(given, "groups", _word, GROUPS),
        grants=_grants(given["grants"]) if "grants" in given else {},
    )


def _parsed(given: Mapping[str, Branch], key: str, parse: Callable[[str], T], default: T) -> T:
    return given[key].parsed(parse, default) if key in given else default


def _grants(branch: Branch) -> dict[str, GroupGrant]:
    found = {group: _grant(given) for group, given in branch.members({ANY}).items()}
    if not found:
        branch.problem("expected at least one group, or nobody could sign in")
    return found


def _grant(branch: Branch) -> GroupGrant:
    given = branch.members((_SCOPES, _TEAMS))
    if not given:
        branch.problem("expected scopes, teams or both")
    scopes = [it.parsed(_scope, Scope.READ) for it in given[_SCOPES].alternatives()] if _SCOPES in given else []
    teams = [it.parsed(_word, "") for it in given[_TEAMS].alternatives()] if _TEAMS in given else []
    return GroupGrant(frozenset(scopes), frozenset(teams))


def _scope(text: str) -> Scope:
    if text not in OF_PEOPLE:
        raise ValueError(f"expected {', '.join(sorted(OF_PEOPLE))}: what people may do")
    return Scope(text)


def _asked(branch: Branch) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(it.parsed(_word, "") for it in branch.alternatives()))
    if OPENID not in found:
        branch.problem(f"expected {OPENID} among them: without it, the provider says nothing of who it is")
    return found


def _secret(branch: Branch) -> Secret | None:
    text = branch.text()
    if text is None:
        return None
    try:
        found = (branch.file.parent / Path(text)).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        branch.problem(f"the file {text} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}")
        return None
    if not found:
        branch.problem(f"the file {text} is empty")
    return Secret(found)


def _issuer(text: str) -> str:
    try:
        parts = urlsplit(text)
        secure = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))
        plain = parts.hostname and not (parts.query or parts.fragment or parts.username) and parts.port != 0
    except ValueError:
        secure = plain = False
    if not secure or not plain:
        raise ValueError("expected the issuer as the provider spells it, such as https://login.example.org")
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _word(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected a word")
    return text
