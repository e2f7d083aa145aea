"""The SQL against the oracle, on random rules and events: the compiled query and plain Python must answer the same.

`NOSHOW_PROPERTY_CASES` sets how many event sets are judged (2,000), `NOSHOW_PROPERTY_SEED` where the seeds begin (0).
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache

import pytest

from rules.judge import judge, only
from rules.ruleset import Lives
from rules.spec import Workflow
from rules.verdict import Answer, Unopened, Verdict
from store.clickhouse import ClickHouse
from store.event import Event
from store.events import write
from tests.rules import oracle
from tests.rules.random_cases import ALWAYS, Case, case, met
from tests.rules.rule_text import rule_text
from tests.rules.shrink import Example, shrink

CASES = int(os.environ.get("NOSHOW_PROPERTY_CASES", "2000"))
SEED = int(os.environ.get("NOSHOW_PROPERTY_SEED", "0"))
SETS = 40  # of one workflow, judged by one query
WORKFLOWS = 10  # in one test


@cache
def drawn(seed: int) -> Case:
    return case(seed, SETS)


@pytest.mark.parametrize("first", range(SEED, SEED + -(-CASES // SETS), WORKFLOWS))
def test_the_engine_gives_the_answers_of_the_oracle(clickhouse: ClickHouse, first: int) -> None:
    for seed in range(first, min(first + WORKFLOWS, SEED + -(-CASES // SETS))):
        found = next(differing(clickhouse, drawn(seed)), None)
        if found is not None:
            pytest.fail(f"seed {seed}\n{reproduction(clickhouse, found)}", pytrace=False)


def differing(clickhouse: ClickHouse, drawn: Case) -> Iterator[Example]:
    got = judge_all(clickhouse, drawn.workflow, drawn.sets, drawn.as_of, drawn.lives)
    for correlation_id, wanted in drawn.answers().items():
        if differences(wanted, got.get(correlation_id)):
            yield Example(drawn.workflow, tuple(drawn.sets[correlation_id]), drawn.as_of, drawn.lives)


def judge_all(
    clickhouse: ClickHouse, workflow: Workflow, sets: Mapping[str, Sequence[Event]], as_of: int, lives: Lives
) -> dict[str, Answer]:
    """What the engine says of many correlation IDs at once, from a table that holds only their events.

    The events come in two inserts, so that copies of one lie in parts that nothing has merged.
    """
    events = [event for set_ in sets.values() for event in set_]
    clickhouse.command("TRUNCATE TABLE events")
    for half in filter(None, (events[::2], events[1::2])):
        write(clickhouse, half)
    answers = list(judge(clickhouse, workflow, as_of, lives=lives))
    names = [answer.correlation_id for answer in answers]
    assert names == sorted(set(names), key=str.encode)
    return {answer.correlation_id: answer for answer in answers}


def differences(wanted: Answer | None, got: Answer | None) -> list[str]:
    """What differs, a line each; an ID of which nothing is to be said may also be `Unopened` for ever."""
    if isinstance(got, Unopened) and got.wake_at is None:
        got = None
    if not isinstance(wanted, Verdict) or not isinstance(got, Verdict):
        return [] if wanted == got else [f"oracle {wanted}\nengine {got}"]
    pairs = ((field.name, getattr(wanted, field.name), getattr(got, field.name)) for field in fields(Verdict))
    return [f"{name}: oracle {a}\n{name}: engine {b}" for name, a, b in pairs if name != "digest" and a != b]


def judge_one(clickhouse: ClickHouse, example: Example) -> tuple[Answer | None, Answer | None]:
    """The oracle's answer and the engine's."""
    name = example.events[0].correlation_id if example.events else ""
    answers = judge_all(clickhouse, example.workflow, {name: example.events}, example.as_of, example.lives)
    return oracle.judge(example.workflow, example.events, example.as_of, example.lives), answers.get(name)


def reproduction(clickhouse: ClickHouse, example: Example) -> str:
    small = shrink(example, lambda other: bool(differences(*judge_one(clickhouse, other))))
    wanted, got = judge_one(clickhouse, small)
    events = "\n".join(repr((e.time, e.id, e.source, e.name, e.attributes)) for e in small.events)
    first = (differences(wanted, got) or ["(alone it does not differ: see the whole set)"])[0]
    return (
        f"--- rule\n{rule_text(small.workflow)}--- events (time, id, source, name, attributes)\n{events}\n"
        f"--- as_of {small.as_of} {small.lives}\n"
        f"--- oracle\n{wanted}\n--- engine\n{got}\n--- first difference\n{first}"
    )


def test_judging_some_gives_of_each_what_judging_all_gives(clickhouse: ClickHouse) -> None:
    every = drawn(SEED)
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
