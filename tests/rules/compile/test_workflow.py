"""Rules that the engine once refused to judge, or took minutes to plan."""

from random import Random

from rules.compile.sql import render
from rules.compile.workflow import compile_workflow
from rules.expression import START, Literal
from rules.judge import judge
from rules.parse.rule import MOST_STEPS, parse
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.event import MINUTE
from store.events import write
from tests.rules import oracle
from tests.rules.random_cases import AS_OF
from tests.rules.random_histories import History
from tests.rules.told import flag, flow, step


def test_a_rule_that_is_judged_again_and_again(clickhouse: ClickHouse) -> None:
    """With `compile_expressions` it worked three times."""
    workflow = flow(
        step("Sent", when=Literal(True), optional=True),
        step("Paid", after=("Sent", START), when=flag(START), optional=True),
        step("Packed", after=("Paid",)),
    )
    for _ in range(6):
        assert list(judge(clickhouse, workflow, 0)) == []


def test_a_rule_of_sixty_steps_is_judged(clickhouse: ClickHouse) -> None:
    """As a chain in which steps are skipped or optional, of which each layer of the query stands on all before it."""
    workflow, random = chain(60), Random(60)
    lives = {name: History(random, workflow, name, AS_OF, MINUTE).events() for name in ("a", "b", "c")}
    write(clickhouse, [event for events in lives.values() for event in events])
    judged = {verdict.correlation_id: verdict for verdict in judge(clickhouse, workflow, AS_OF)}
    assert judged == {name: oracle.judge(workflow, events, AS_OF) for name, events in lives.items()}


def test_the_largest_rule_can_be_judged_exactly(clickhouse: ClickHouse) -> None:
    """The engine has limits for the length of a query and for its syntax tree, which are raised for it."""
    plain = "".join(
        f"  S{number}: {{after: {f'S{number - 1}' if number else 'start'}, within: 1h}}\n"
        for number in range(MOST_STEPS)
    )
    workflow = parse(f"workflow: large\nstart: Placed\ncancel: Off\nsteps:\n{plain}", "large.yaml").workflow
    assert workflow is not None
    query = render(compile_workflow(workflow, AS_OF, exact=True))
    assert clickhouse.query(query.text, query.parameters) == []


def test_no_cell_has_an_and_or_an_or() -> None:
    """The planner compares their operands with everything below them: a chain of 40 steps would take it minutes."""
    query = render(compile_workflow(chain(5), AS_OF)).text
    cells = query[query.index("`layer_1` AS") : query.index("`digested` AS")]
    assert " AND " not in cells
    assert " OR " not in cells


def chain(steps: int) -> Workflow:
    lines = ["workflow: chain", "start: S0", "grace: 1m", "cancel: Off", "steps:"]
    for number in range(1, steps + 1):
        lines += [f"  S{number}:", f"    after: {f'S{number - 1}' if number > 1 else 'start'}", "    within: 1h"]
        lines += [f"    when: start.n > {number}"] if number % 3 == 0 else []
        lines += ["    optional: true"] if number % 5 == 0 else []
        lines += [f"    undone_by: U{number}", "    undo_within: 1h"] if number % 7 == 0 else []
    parsed = parse("\n".join(lines), "chain.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow
