"""The golden pairs: `x.yaml`, the rule, and `x.sql`, what it compiles to. `make golden` writes the SQL anew."""

from collections.abc import Iterator
from pathlib import Path

from rules.compile.sql import Statement, render
from rules.compile.workflow import compile_workflow
from rules.parse.rule import parse
from rules.spec import Workflow
from tests.rules.shop import NOON

FOLDER = Path(__file__).parent / "golden"


def pairs() -> Iterator[tuple[Path, Path]]:
    for rule in sorted(FOLDER.glob("*.yaml")):
        yield rule, rule.with_suffix(".sql")


def workflow(rule: Path) -> Workflow:
    parsed = parse(rule.read_text(), rule.name)
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


def shown(statement: Statement) -> str:
    parameters = "\n".join(f"-- {name} = {value!r}" for name, value in statement.parameters.items())
    return f"{statement.text}\n\n{parameters}\n"


def compiled(rule: Path) -> str:
    return shown(render(compile_workflow(workflow(rule), NOON, exact=False)))


if __name__ == "__main__":
    for rule, sql in pairs():
        sql.write_text(compiled(rule))
        print(f"wrote {sql.relative_to(FOLDER.parent.parent.parent)}")
