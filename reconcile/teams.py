"""Whose cases somebody may change."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Teams:
    """The teams that somebody is of. `names` `None`: every one's, and what is nobody's as well."""

    names: frozenset[str] | None = None

    @classmethod
    def of(cls, *names: str) -> "Teams":
        return cls(frozenset(names))

    def have(self, owners: Iterable[str]) -> bool:
        """Whether what these own is theirs to change."""
        return self.names is None or not self.names.isdisjoint(owners)

    def __str__(self) -> str:
        if self.names is None:
            return "every team"
        return " and ".join(sorted(self.names)) or "no team"


EVERY_TEAM = Teams()
