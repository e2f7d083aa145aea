"""Named columns over earlier columns, laid in layers so that each SELECT only reads what stands below it."""

from collections.abc import Iterable

from rules.compile.sql import Column, Constant, Select, Sql, Value, columns_of


class Cells:
    """Collects cells; `base` names the columns that are there to begin with."""

    def __init__(self, base: Iterable[str]) -> None:
        self._depth = dict.fromkeys(base, 0)
        self._sql: dict[str, Sql] = {}

    def define(self, name: str, sql: Sql) -> Sql:
        """Name an expression and give the column to use in its place; what needs no name stays as it is."""
        if isinstance(sql, Column | Constant | Value):
            return sql
        assert name not in self._depth, f"{name} is there already"
        below = [self._depth[column] for column in columns_of(sql) if column in self._depth]
        self._depth[name] = 1 + max(below, default=0)
        self._sql[name] = sql
        return Column(name)

    def layers(self, source: str, answer: Iterable[Sql]) -> dict[str, Select]:
        """The stages `layer_1` … on top of the stage that holds the base columns; only what the answer reads."""
        used = self._used(answer)
        stages: dict[str, Select] = {}
        for depth in range(1, 1 + max((self._depth[name] for name in used), default=0)):
            columns = {name: sql for name, sql in self._sql.items() if name in used and self._depth[name] == depth}
            below = f"layer_{depth - 1}" if depth > 1 else source
            stages[f"layer_{depth}"] = Select(columns, source=below, everything=True)
        return stages

    def _used(self, answer: Iterable[Sql]) -> set[str]:
        used: set[str] = set()
        asked = [name for sql in answer for name in columns_of(sql)]
        while asked:
            name = asked.pop()
            if name in self._sql and name not in used:
                used.add(name)
                asked += columns_of(self._sql[name])
        return used
