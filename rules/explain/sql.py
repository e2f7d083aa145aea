"""The statement that a rule becomes, as text to paste into a ClickHouse client."""

from collections.abc import Iterator

from rules.compile.sql import Statement, render
from rules.compile.workflow import compile_workflow
from rules.ruleset import Rule


def sql_text(rule: Rule, as_of: int) -> str:
    """The query that judges all that is stored at `as_of` (µs UTC), behind a line for each of its parameters."""
    return "\n".join(_lines(render(compile_workflow(rule.workflow, as_of, lives=rule.lives))))


def _lines(statement: Statement) -> Iterator[str]:
    for name, value in statement.parameters.items():
        yield f"SET param_{name} = {_literal(value)};"
    yield f"{statement.text};"


def _literal(value: object) -> str:
    """A parameter is read twice: as a literal of SQL, and what that says as a field of a TSV file."""
    field = str(value)
    for plain, escaped in (*_TSV, *_SQL):
        field = field.replace(plain, escaped)
    return f"'{field}'"


_TSV = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0"), ("\b", "\\b"), ("\f", "\\f"))
_SQL = (("\\", "\\\\"), ("'", "\\'"))
