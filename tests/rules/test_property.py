"""The SQL against the oracle, on random rules and events: the compiled query and plain Python must answer the same.

`NOSHOW_PROPERTY_CASES` sets how many event sets are judged (2,000), `NOSHOW_PROPERTY_SEED` where the seeds begin (0).
"""

import os
from collections.abc import Iterator

import pytest

from rules.judge import judge, only
from store.clickhouse import ClickHouse
from tests.rules.agreement import differences, judge_all, judge_one
from tests.rules.random_cases import ALWAYS, Case, case, met
from tests.rules.rule_text import rule_text
from tests.rules.shrink import Example, shrink

CASES = int(os.environ.get("NOSHOW_PROPERTY_CASES", "2000"))
SEED = int(os.environ.get("NOSHOW_PROPERTY_SEED", "0"))
SETS = 25  # of one workflow, judged by one query
WORKFLOWS = 10  # in one test


@pytest.mark.parametrize("first", range(SEED, SEED + -(-CASES // SETS), WORKFLOWS))
def test_the_engine_gives_the_answers_of_the_oracle(clickhouse: ClickHouse, first: int) -> None:
    for seed in range(first, min(first + WORKFLOWS, SEED + -(-CASES // SETS))):
        found = next(differing(clickhouse, case(seed, SETS)), None)
        if found is not None:
            pytest.fail(f"seed {seed}\n{reproduction(clickhouse, found)}", pytrace=False)


def differing(clickhouse: ClickHouse, drawn: Case) -> Iterator[Example]:
    asked = drawn.as_of, drawn.lives, drawn.holding
    got = judge_all(clickhouse, drawn.workflow, drawn.sets, *asked)
    for correlation_id, wanted in drawn.answers().items():
        if differences(wanted, got.get(correlation_id)):
            yield Example(drawn.workflow, tuple(drawn.sets[correlation_id]), *asked)


def reproduction(clickhouse: ClickHouse, example: Example) -> str:
    small = shrink(example, lambda other: bool(differences(*judge_one(clickhouse, other))))
    wanted, got = judge_one(clickhouse, small)
    events = "\n".join(repr((e.time, e.id, e.source, e.name, e.attributes)) for e in small.events)
    first = (differences(wanted, got) or ["(alone it does not differ: see the whole set)"])[0]
    return (
        f"--- rule\n{rule_text(small.workflow)}--- events (time, id, source, name, attributes)\n{events}\n"
        f"--- as_of {small.as_of} {small.lives} {small.holding}\n"
        f"--- oracle\n{wanted}\n--- engine\n{got}\n--- first difference\n{first}"
    )


def test_judging_some_gives_of_each_what_judging_all_gives(clickhouse: ClickHouse) -> None:
    every = case(SEED, SETS)
    answers = judge_all(clickhouse, every.workflow, every.sets, every.as_of, every.lives)
    some = [*list(every.sets)[::3], "nobody"]
    assert list(judge(clickhouse, every.workflow, every.as_of, only(some), lives=every.lives)) == [
        answer for name, answer in answers.items() if name in some
    ]


def test_every_state_and_finding_is_common_among_the_cases() -> None:
    """Else the test above would say little."""
    drawn = [answer for seed in range(SEED, SEED + 100) for answer in case(seed, SETS).answers().values()]
    found = met(drawn)
    assert {name: found[name] for name in ALWAYS if found[name] < len(drawn) / 70} == {}
