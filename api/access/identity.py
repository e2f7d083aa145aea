"""Who asks, and what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconcile.actor import Actor, ActorKind


class Scope(StrEnum):
    """What a token permits. None contains another."""

    READ = "read"  # look at everything
    OPERATE = "operate"  # work the queue: claim, settle, ask the source, run actions
    ADMINISTER = "administer"  # silences, redelivery, the stop switch, redaction
    INGEST = "ingest"  # send events


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller. `team` bounds what it may change: to that team's cases; '' is every team's. `source` bounds
    whose events it may send; '' is everybody's."""

    actor: Actor
    scopes: frozenset[Scope]
    team: str = ""
    source: str = ""

    def may_change(self, owners: Iterable[str]) -> bool:
        """Whether a case is theirs to change; `owners`: its own, and those of its findings."""
        return not self.team or self.team in owners


ANONYMOUS = Identity(Actor(ActorKind.PERSON, "anonymous"), frozenset({Scope.READ, Scope.INGEST}))
"""Whoever asks without a token, where `access.anonymous` lets them."""
