"""Who asks, and what they may do."""

from dataclasses import dataclass

from reconcile.actor import Actor, ActorKind
from reconcile.teams import EVERY_TEAM, Teams
from store.scope import Scope

__all__ = ["ANONYMOUS", "Identity", "Scope"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller. `teams`: whose cases it may change; `source`: whose events it may send; '' is everybody's."""

    actor: Actor
    scopes: frozenset[Scope]
    teams: Teams = EVERY_TEAM
    source: str = ""


ANONYMOUS = Identity(Actor(ActorKind.PERSON, "anonymous"), frozenset({Scope.READ, Scope.INGEST}))
"""Whoever asks without a token, where `access.anonymous` lets them."""
