"""Rows out of text that the engine reads by itself: of the text, nothing passes through objects of Python."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.summary import QuerySummary


class Reader(NamedTuple):
    """How text becomes rows of a table.

    `structure`: what is read from text in that format, as names and types; `names` of expressions over it; `columns`:
    the expression for what is stored in each. Every row has to satisfy `condition`, or nothing is stored. `settings`
    are those of the format.
    """

    table: str
    format: str
    structure: str
    names: Mapping[str, str]
    columns: Mapping[str, str]
    condition: str
    settings: Mapping[str, float | str]

    def statement(self, source: str, settings: Mapping[str, float]) -> str:
        """With the text from this table function. Whatever the server's defaults, its rows become one block."""
        rules = {**self.settings, **_AT_ONCE, **settings}
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)})"
            f" SETTINGS {', '.join(f'{name} = {value}' for name, value in rules.items())}"
            f" WITH {', '.join(f'({expression}) AS {name}' for name, expression in self.names.items())}"
            f" SELECT {', '.join(self.columns.values())} FROM {source}"
            f" WHERE throwIf(ifNull(NOT ({self.condition}), 1), 'a row is not as it has to be') = 0"
        )


_AT_ONCE = {
    "max_threads": 1,
    "max_insert_threads": 1,
    "input_format_parallel_parsing": 0,
    "min_insert_block_size_rows": 1 << 24,
    "min_insert_block_size_bytes": 1 << 32,
    "optimize_on_insert": 0,  # merging does the same later
}

Parameters = Mapping[str, object]
Feed = Callable[[Client, Reader, Iterable[bytes], Parameters, Mapping[str, float]], int | None]
"""Hands text over to the engine. How many rows were written at least, where the engine says so."""


def by_file(
    client: Client, reader: Reader, text: Iterable[bytes], parameters: Parameters, settings: Mapping[str, float]
) -> None:
    """To the engine in this process, which has no other way in for text that a query reads."""
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(text)
        file.flush()
        source = f"file({{path:String}}, '{reader.format}', '{reader.structure}')"
        client.command(reader.statement(source, settings), {**parameters, "path": file.name})


def by_request(
    client: Client, reader: Reader, text: Iterable[bytes], parameters: Parameters, settings: Mapping[str, float]
) -> int | None:
    """To a server, as the body of the request."""
    statement = reader.statement(f"input('{reader.structure}')", settings)
    answer = client.command(f"{statement} FORMAT {reader.format}", dict(parameters), data=b"".join(text))
    return answer.written_rows if isinstance(answer, QuerySummary) else None
