"""`noshow migrate`, as a step of its own before the others."""

from pathlib import Path

import pytest

from store.migrate import CLICKHOUSE, SQL
from tests.clickhouse_server import ClickHouseServer
from tests.docs.pages import ROOT
from tests.noshow.command import noshow

APPLIED = [path.name for path in sorted(CLICKHOUSE.glob("*.sql")) + sorted((SQL / "versions").glob("*.py"))]


def test_says_what_it_applied_and_then_that_there_is_nothing_left(tmp_path: Path) -> None:
    first = noshow("migrate", "--data", tmp_path)
    assert first.code == 0, first.err
    assert [line.removeprefix("applied ") for line in first.out.splitlines()[:-1]] == APPLIED
    again = noshow("migrate", "--data", tmp_path)
    assert again.out == "the stores are as this version needs them\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("migrate", 3, "knows no cluster elsewhere"),
        ("evaluator", 3, "knows no cluster elsewhere"),
        ("api", 3, "run `noshow migrate`"),
        ("serve", 2, "on a cluster evaluators are processes of their own"),
    ],
)
def test_on_a_cluster_nothing_else_migrates(
    tmp_path: Path, clickhouse_server: ClickHouseServer, command: str, code: int, said: str
) -> None:
    environ = {
        "NOSHOW_CLICKHOUSE_URL": clickhouse_server.url,
        "NOSHOW_CLUSTER": "elsewhere",
        "NOSHOW_DATABASE_URL": f"sqlite:///{tmp_path}/noshow.sqlite",
        "NOSHOW_RULES": str(ROOT / "deploy" / "compose" / "rules"),
    }
    done = noshow(command, environ=environ)
    assert done.code == code, done.err
    assert said in done.err
