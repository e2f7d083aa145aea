"""Who does something: every change carries one."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    PERSON = "person"  # signed in on the dashboard
    TOKEN = "token"  # a program with an API token
    SCHEDULE = "schedule"  # Noshow by itself: a sweep, an escalation, an automatic action
    EVALUATOR = "evaluator"  # what was judged
    TRUTH = "truth"  # a lookup at the source of truth


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is the verified one, never what a request says of itself."""

    kind: ActorKind
    name: str


EVALUATOR = Actor(ActorKind.EVALUATOR, "evaluator")
SCHEDULE = Actor(ActorKind.SCHEDULE, "noshow")
TRUTH = Actor(ActorKind.TRUTH, "truth")
