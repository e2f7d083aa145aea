"""What work costs: its time, and what its statements read and wrote.

Whoever wants to know opens an account. What the same thread does until it is closed is written down there, and in every
account that is open around it. Where none is open, nothing is counted.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """`took` is in µs, statements and the work around them together. `rows` and `bytes` are what the engine read from
    its tables, not what came out; of a stream from a server, what it had read when the first rows came. `inserted`:
    rows."""

    took: int = 0
    statements: int = 0
    rows: int = 0
    bytes: int = 0
    inserted: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.took + other.took,
            self.statements + other.statements,
            self.rows + other.rows,
            self.bytes + other.bytes,
            self.inserted + other.inserted,
        )


class Account:
    """`spent` has what was written down so far; the time is there when it is closed."""

    def __init__(self) -> None:
        self.spent = Spent()

    def add(self, spent: Spent) -> None:
        self.spent += spent


_open: ContextVar[tuple[Account, ...]] = ContextVar("open accounts", default=())


@contextmanager
def account() -> Iterator[Account]:
    """An account of what is done within the block."""
    opened = Account()
    token = _open.set((*_open.get(), opened))
    began = time.perf_counter_ns()
    try:
        yield opened
    finally:
        _open.reset(token)
        opened.add(Spent(took=(time.perf_counter_ns() - began) // 1_000))


def spend(spent: Spent) -> None:
    """Write it down in every account that is open."""
    for opened in _open.get():
        opened.add(spent)
