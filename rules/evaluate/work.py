"""What a tick's time goes into, and what each part of it reads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from store.spending import Spent, account


class Work(StrEnum):
    LOOK = "look"  # what holds, what was touched, what fell due, what changed in the rules
    CONCERN = "concern"  # which rules that concerns
    JUDGE = "judge"
    WRITE = "write"  # findings, deadlines, instances, cursors
    BACKLOG = "backlog"  # a change of the rules, over all that is stored: judged and written
    SWEEP = "sweep"  # a slice compared, and what was stale in it: judged and written


Spending = Mapping[Work, Spent]


class Books:
    """Of one tick. Of work within other work, the outer is what it is for."""

    def __init__(self) -> None:
        self.spent: dict[Work, Spent] = {}
        self._at: Work | None = None

    @contextmanager
    def of(self, work: Work) -> Iterator[None]:
        if self._at is not None:
            yield
            return
        self._at = work
        with account() as opened:
            try:
                yield
            finally:
                self._at = None
        self.spent[work] = self.spent.get(work, Spent()) + opened.spent


def total(spending: Spending) -> Spent:
    return sum(spending.values(), Spent())
