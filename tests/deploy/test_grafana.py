"""The dashboards ask for nothing that is not there: views as they are, metrics as docs/metrics.md has them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from store.clickhouse import ClickHouse
from tests.deploy.metrics import unknown
from tests.docs.pages import ROOT

DASHBOARDS = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
DAY = r"\1 >= toDateTime('2025-11-20 00:00:00') AND \1 <= toDateTime('2025-11-21 00:00:00')"
MACROS = {  # what Grafana puts for them
    r"\$__timeFilter\(([\w.]+)\)": DAY,
    r"\$__timeInterval\(([\w.]+)\)": r"toStartOfInterval(toDateTime(\1), INTERVAL 60 second)",
    r"\$\{workflow:singlequote\}": "'order-fulfilment','returns'",
}
VARIABLES = {r"\$__rate_interval": "1m", r"\$job": ".*"}


def asked(dashboard: Path, key: str) -> Iterator[tuple[str, str]]:
    """Title of the panel and what it asks."""
    for panel in read(dashboard)["panels"]:
        yield from ((panel["title"], target[key]) for target in panel["targets"] if key in target)


def read(dashboard: Path) -> Any:
    return json.loads(dashboard.read_text())


def filled(text: str, values: dict[str, str]) -> str:
    for pattern, value in values.items():
        text = re.sub(pattern, value, text)
    return text


SQL = [(f"{file.stem}: {title}", text) for file in DASHBOARDS for title, text in asked(file, "rawSql")]
PROMQL = [(f"{file.stem}: {title}", text) for file in DASHBOARDS for title, text in asked(file, "expr")]


def test_the_sql_runs_on_the_views_and_on_nothing_else(clickhouse: ClickHouse) -> None:
    assert len(SQL) > 8
    variables = [("variable", it["query"]) for it in read(DASHBOARDS[0])["templating"]["list"] if it["type"] == "query"]
    for title, text in [*SQL, *variables]:
        query = filled(text, MACROS)
        assert "$" not in query, title
        assert set(re.findall(r"\b(?:FROM|JOIN) (\w+)", query)) <= {
            *("noshow_instances", "noshow_steps", "noshow_findings", "noshow_events")
        }, title
        clickhouse.query(query)


@pytest.mark.parametrize(("title", "text"), PROMQL, ids=[title for title, _ in PROMQL])
def test_the_promql_is_valid_and_asks_for_metrics_that_there_are(title: str, text: str) -> None:
    promql_parser.parse(filled(text, VARIABLES))
    assert list(unknown(text)) == []


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda it: it.stem)
def test_a_dashboard_is_whole(dashboard: Path) -> None:
    whole = read(dashboard)
    names = {it["name"] for it in whole["templating"]["list"]}
    panels = whole["panels"]
    assert len({it["id"] for it in panels}) == len(panels)
    for panel in panels:
        assert panel["title"] and panel["description"], "a panel says what it shows"
        assert panel["datasource"]["uid"].strip("${}") in names, "the data source is chosen where it is imported"
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    assert whole["uid"].startswith("noshow-")
