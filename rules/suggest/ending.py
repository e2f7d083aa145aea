"""Events that end an instance: nothing usual comes behind them, and something usual is lacking."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from rules.suggest.log import START, Ending
from rules.suggest.word import tokens

_SILENT, _LACKING = 0.95, 0.9  # shares of the instances with the event
_CLEARER = 2  # times as often lacking as in other instances
_FEWEST = 20
_CALLS_OFF = re.compile(r"cancel|void|abort|withdr|revok|annul|call.?off|terminat", re.IGNORECASE)
_FAILS = re.compile(r"fail|declin|reject|refus|denied|error|bounce", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Endings:
    """Places of events that call an instance off, of those that tell of a failure, and of those that end it in another
    way."""

    cancel: tuple[int, ...] = ()
    failures: tuple[int, ...] = ()
    ends_on: tuple[int, ...] = ()

    @property
    def places(self) -> tuple[int, ...]:
        return self.cancel + self.failures + self.ends_on


def endings(names: Sequence[str], seen: Mapping[int, Ending], usual: Sequence[int]) -> Endings:
    """What ends instances, on strong evidence only.

    `names` by place from 1; `seen` counts each, at 0 all instances.
    """
    ends = [place for place in seen if place > START and place not in usual and _is_ending(seen[place], seen[0])]
    cancel, failures = (
        [place for place in sorted(ends) if how.search(names[place - 1])] for how in (_CALLS_OFF, _FAILS)
    )
    rest = set(ends) - {*cancel, *failures}
    return Endings(tuple(cancel), tuple(sorted(set(failures) - set(cancel))), tuple(sorted(rest)))


def failing(name: str, steps: Mapping[int, str]) -> int | None:
    """The step that a failure is one of: its name begins most like it, as in `PaymentDeclined`, `PaymentReceived`."""
    alike = {place: _alike(name, step) for place, step in steps.items()}
    best = max(alike, key=lambda place: (alike[place], -place), default=None)
    return best if best is not None and alike[best] else None


def _alike(one: str, other: str) -> int:
    """How many words two names have in common at their beginning."""
    pairs = zip(tokens(one), tokens(other), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _is_ending(event: Ending, every: Ending) -> bool:
    rest, rest_lacking = every.ids - event.ids, every.lacking - event.lacking
    return (
        event.ids >= _FEWEST
        and event.silent >= _SILENT * event.ids
        and event.lacking >= _LACKING * event.ids
        and event.lacking * rest >= _CLEARER * rest_lacking * event.ids
    )
