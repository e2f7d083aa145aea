"""Event names whose absence says nothing for a while: held, not invented.

While a name is held, what would follow from the absence of its events is judged as of the instant since when it is;
what events show is judged as ever. Of a step, `missing` and the early warning are held by the names that fulfil it,
fail it or give the number that it takes, and by those that end the instance (`cancel`, `ends_on`). `not_undone`, and
so `half_undone`, by the names of `undone_by`. That a predecessor has not come (`out_of_order`) by the names that fulfil
the predecessor or give the number that it takes; of a group of which one is enough, by those of all of them. An
`orphan` by the names of all starts. If any of them is held, so is the conclusion. Until then, the state is what it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

ANY_NAME: Final = "*"
"""Stands for every event name."""


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """Absence after `since` is not believed until the hold ends, which it does by `until` (later than what is judged).
    Both µs UTC. The lesser of two counts: it holds for longer back, and before it ends the end of the other makes no
    difference."""

    since: int
    until: int


Holding = Mapping[str, Held]
"""By event name, or `ANY_NAME`."""

NOTHING_HELD: Holding = MappingProxyType({})


def of_names(holding: Holding, names: Iterable[str]) -> Held | None:
    """What counts of all that holds any of these."""
    return min((holding[name] for name in {*names, ANY_NAME} if name in holding), default=None)
