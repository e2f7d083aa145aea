"""Rules that the engine once refused to judge."""

from rules.expression import START, Literal
from rules.judge import judge
from store.clickhouse import ClickHouse
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
