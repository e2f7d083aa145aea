"""Judging as events trickle in, against the oracle, which judges all at the end: both must say the same.

Events come in any order and more than once, contradict each other, and become visible late; names fall silent and come
back; evaluators are cut off, replaced and given other rules, several at once, in one share or in several.
`NOSHOW_INCREMENTAL_CASES` sets how many cases there are (2, of 100 correlation IDs each), `NOSHOW_PROPERTY_SEED` where
the seeds begin (0).
"""

import os

import pytest

from store.clickhouse import ClickHouse
from store.database import Database
from tests.rules.evaluate import on_record
from tests.rules.evaluate.trickle import Trickle
from tests.rules.random_cases import case

CASES = int(os.environ.get("NOSHOW_INCREMENTAL_CASES", "2"))
SEED = int(os.environ.get("NOSHOW_PROPERTY_SEED", "0"))
SETS = 100


@pytest.mark.timeout(1200)  # seconds: on a slow machine a case takes minutes
@pytest.mark.parametrize("seed", range(SEED, SEED + CASES))
def test_what_is_recorded_is_what_the_oracle_says_of_all(clickhouse: ClickHouse, database: Database, seed: int) -> None:
    trickle = Trickle(clickhouse, database, case(seed, SETS))
    for _ in trickle.arriving.batches():
        trickle.go_on()
    trickle.finish()
    judged = on_record.by_the_oracle(trickle.final, trickle.arriving.stored, trickle.drawn.as_of, trickle.holding)
    assert on_record.instances(clickhouse) == on_record.wanted_instances(judged)
    assert on_record.findings(clickhouse) == on_record.wanted_findings(judged)
    assert on_record.wakes(clickhouse) >= {*on_record.wanted_wakes(judged)}
