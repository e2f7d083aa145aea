"""Rules in number and size: reading and checking them, and what a rule costs to judge by, whatever is stored.

What the engine takes to plan a query is paid for each rule that is judged by; so it is measured on few events.
"""

import tempfile
from pathlib import Path

from rules.advice.checks import advise, rules_in
from rules.compile.sql import render
from rules.compile.workflow import compile_workflow
from rules.lint import load
from rules.parse.rule import parse
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.migrate import migrate_clickhouse
from tests.bench.history import END, make_orders
from tests.bench.measure import median_of

WORKFLOWS = 300
STEPS = (4, 20, 60)
ORDERS = 1_000


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        rules.mkdir()
        for number in range(WORKFLOWS):
            (rules / f"flow-{number}.yaml").write_text(a_rule(4, f"flow-{number}"))
        many = median_of(lambda: _lint(rules))
        (long := Path(folder) / "long.yaml").write_text(a_rule(60))
        clickhouse = ClickHouse.embedded(Path(folder) / "clickhouse")
        migrate_clickhouse(clickhouse)
        make_orders(clickhouse, ORDERS)
        figures = {
            "rules.lint.workflows": float(WORKFLOWS),
            "rules.lint.s": many.wall,
            "rules.lint.60_steps_s": median_of(lambda: _lint(long)).wall,
        }
        for steps in STEPS:
            figures |= _judging(clickhouse, f"rules.judge.{steps}_steps", _parsed(a_rule(steps)))
        figures |= _judging(clickhouse, "rules.judge.60_conditions", _parsed(a_rule(60, conditional=True)))
        clickhouse.close()
    return figures


def a_rule(steps: int, name: str = "flow", *, conditional: bool = False) -> str:
    """A chain in which every third step forks; with `conditional` each step hangs on the one before it."""
    lines = [
        f"workflow: {name}",
        "owner: orders",
        "start: OrderPlaced",
        "grace: 2m",
        "cancel: OrderCancelled",
        "steps:",
    ]
    for number in range(1, steps + 1):
        before = number - 1 if conditional or number % 3 else max(0, number - 2)
        after = f"Step{before}" if before else "start"
        lines += [f"  Step{number}:", f"    after: {after}", "    within: 2h"]
        lines += [f"    when: {after}.amount > {number} || {after}.kind == 'b'"] if conditional else []
        lines += ["    optional: true"] if number % 7 == 0 and not conditional else []
    return "\n".join(lines)


def _parsed(text: str) -> Workflow:
    workflow = parse(text, "bench.yaml").workflow
    assert workflow is not None
    return workflow


def _lint(path: Path) -> None:
    loaded = load(path)
    assert not loaded.failed
    for rule in rules_in(loaded):
        advise(rule)


def _judging(clickhouse: ClickHouse, name: str, workflow: Workflow) -> dict[str, float]:
    statement = render(compile_workflow(workflow, END, exact=False, only_changes=True))
    whole = f"{statement.text}\nFORMAT Null"
    took = median_of(lambda: clickhouse.command(whole, statement.parameters))
    return {f"{name}_s": took.wall, f"{name}_cpu_s": took.cpu}
