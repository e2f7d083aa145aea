"""What the engine writes of a verdict is, byte by byte, what we would write."""

import pytest

from noshow.check_forms import FORMS
from rules.judge import judge
from rules.lines import Told, tell
from rules.ruleset import Rule
from rules.verdict import Outdated, Verdict
from store import events as event_store
from store.clickhouse import ClickHouse
from tests.rules.random_cases import Case, case

SEEDS = range(6)


def stored(clickhouse: ClickHouse, seed: int) -> tuple[Case, list[Verdict | Outdated]]:
    drawn = case(seed)
    clickhouse.command("TRUNCATE TABLE events")
    event_store.write(clickhouse, [event for events in drawn.sets.values() for event in events])
    answers = judge(clickhouse, drawn.workflow, drawn.as_of, lives=drawn.lives)
    return drawn, [answer for answer in answers if isinstance(answer, Verdict | Outdated)]


def told(clickhouse: ClickHouse, drawn: Case, form: str, *, flagged: bool) -> list[Told]:
    return list(tell(clickhouse, Rule(drawn.workflow, drawn.lives), drawn.as_of, FORMS[form], flagged=flagged))


@pytest.mark.parametrize("form", FORMS)
def test_every_verdict_has_the_line_that_we_write(clickhouse: ClickHouse, form: str) -> None:
    for seed in SEEDS:
        drawn, answers = stored(clickhouse, seed)
        wanted = [FORMS[form].written(drawn.workflow, it) if isinstance(it, Verdict) else "" for it in answers]
        got = told(clickhouse, drawn, form, flagged=False)
        assert [it.line for it in got] == wanted, seed
        assert [it.correlation_id for it in got] == [it.correlation_id for it in answers]


def test_with_flagged_those_without_findings_are_counted_together(clickhouse: ClickHouse) -> None:
    for seed in SEEDS:
        drawn, answers = stored(clickhouse, seed)
        flagged = [it for it in answers if isinstance(it, Verdict) and it.findings]
        got = told(clickhouse, drawn, "jsonl", flagged=True)
        lines = [it.line for it in got if it.kinds and it.line]
        assert lines == [FORMS["jsonl"].written(drawn.workflow, it) for it in flagged], seed
        assert sorted(summary(got)) == sorted(summary(told(clickhouse, drawn, "jsonl", flagged=False)))
        assert sum(it.alike for it in got) == len(answers)


def summary(lines: list[Told]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(it.state, it.kinds, it.undated) for it in lines for _ in range(it.alike)]
