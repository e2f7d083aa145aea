"""Names that fall silent and come back between ticks, as incidents on record: whoever judges holds by those."""

from collections.abc import Sequence
from random import Random

from rules.held import ANY_NAME, Held, Holding
from store import incidents
from store.database import Database
from store.event import MINUTE
from store.incidents import Because, Fallen, Incident


class Silences:
    """Of these names. `early`: they may have been silent before what was judged last; then what was concluded already
    stands until it is judged again, and all of them must have ended before it can be told what is right."""

    def __init__(self, random: Random, database: Database, names: Sequence[str]) -> None:
        self.early = random.random() < 0.5
        self._random = random
        self._database = database
        self._names = [*names, ANY_NAME]
        self._often = random.choice([0, 0.9, 0.9])

    def go_on(self, now: int) -> None:
        """`now` (µs UTC): up to where it was judged."""
        if self._random.random() < self._often:
            self._random.choice([self._begin, self._begin, self._end])(now)

    def holding(self, now: int) -> Holding:
        return {name: Held(it.since, it.until) for it in self._holding(now) for name in it.names}

    def end_all(self, now: int) -> None:
        while self._holding(now):
            self._end(now)

    def _begin(self, now: int) -> None:
        silent = {name for it in self._holding(now) for name in it.names}
        names = [it for it in self._names if it not in silent]
        chosen = tuple(self._random.sample(names, min(len(names), self._random.randint(1, 3))))
        since = now - (self._random.choice([0, 1, MINUTE, 4 * MINUTE]) if self.early else 0)
        fallen = Fallen("somebody", (), chosen, since, "more was usual")
        with self._database.begin() as connection:
            incidents.begin(connection, fallen, now, now + self._random.choice([1, 5, 20, 60]) * MINUTE)

    def _end(self, now: int) -> None:
        """It is back, or nobody waits for it any more."""
        if not (holding := self._holding(now)):
            return
        ended = self._random.choice(holding)
        with self._database.begin() as connection:
            if self._random.random() < 0.5:
                incidents.end(connection, ended.id, now)
            else:
                incidents.let_go(connection, ended.id, now, Because.DISMISSED)

    def _holding(self, now: int) -> list[Incident]:
        with self._database.read() as connection:
            return [it for it in incidents.unsettled(connection, now) if it.is_holding and it.until > now]
