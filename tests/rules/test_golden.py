"""The compiler's golden pairs: the SQL is what it was, and the engine gives the oracle's verdicts for it."""

from pathlib import Path
from random import Random

import pytest

from rules.judge import judge
from store.clickhouse import ClickHouse
from store.event import MINUTE
from store.events import write
from tests.rules import oracle
from tests.rules.golden_pairs import compiled, pairs, workflow
from tests.rules.random_cases import AS_OF
from tests.rules.random_histories import History

PAIRS = [pytest.param(rule, sql, id=rule.stem) for rule, sql in pairs()]


@pytest.mark.parametrize(("rule", "sql"), PAIRS)
def test_the_sql_is_what_it_was(rule: Path, sql: Path) -> None:
    assert compiled(rule) == sql.read_text(), "if the change is meant: make golden, and read the difference"


@pytest.mark.parametrize(("rule", "sql"), PAIRS)
def test_the_engine_gives_the_oracles_verdicts(clickhouse: ClickHouse, rule: Path, sql: Path) -> None:
    spec, random = workflow(rule), Random(rule.stem)
    lives = {f"{sql.stem}-{n}": History(random, spec, f"{sql.stem}-{n}", AS_OF, MINUTE).events() for n in range(60)}
    write(clickhouse, [event for events in lives.values() for event in events])
    judged = {verdict.correlation_id: verdict for verdict in judge(clickhouse, spec, AS_OF)}
    expected = {order: oracle.judge(spec, events, AS_OF) for order, events in lives.items()}
    assert judged == {order: verdict for order, verdict in expected.items() if verdict is not None}
    assert judged
