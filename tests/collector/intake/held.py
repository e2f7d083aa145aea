"""ClickHouse whose inserts wait until the test lets them go, or fail as the test says; otherwise the real one."""

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from store.clickhouse import NOTHING, ClickHouse
from store.clickhouse_text import Reader

TEXT = "text"
"""In place of the token, of what the engine is to read itself."""


class HeldClickHouse(ClickHouse):
    """`inserts`: rows and token of each that was asked for. `failures`: what the next ones raise, `None`: nothing."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.inserts: list[tuple[int, str | None]] = []
        self.failures: deque[Exception | None] = deque()
        self._begun = threading.Semaphore(0)
        self._let_go = threading.Event()

    @classmethod
    def on(cls, path: Path, database: str) -> Self:
        held = cls.embedded(path, database)
        assert isinstance(held, cls)
        return held

    def insert(self, table: str, columns: Mapping[str, Sequence[object]], token: str | None = None) -> None:
        self._hold(len(columns["id"]), token)
        super().insert(table, columns, token)

    def insert_text(
        self, reader: Reader, text: Iterable[bytes], rows: int, parameters: Mapping[str, object] = NOTHING
    ) -> None:
        self._hold(rows, TEXT)
        super().insert_text(reader, text, rows, parameters)

    def _hold(self, rows: int, token: str | None) -> None:
        self.inserts.append((rows, token))
        self._begun.release()
        assert self._let_go.wait(60)
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure

    def until_insert(self) -> None:
        """Wait for one more insert to have begun."""
        assert self._begun.acquire(timeout=60)

    def let_go(self) -> None:
        self._let_go.set()

    @property
    def sizes(self) -> list[int]:
        return [rows for rows, _ in self.inserts]
