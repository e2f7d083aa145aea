"""The alert rules: valid, of metrics that there are, and each with what to do about it."""

import shutil
import subprocess

import promql_parser
import pytest
import yaml

from tests.deploy.metrics import documented, unknown
from tests.docs.pages import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
[GROUP] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
ALERTS = {rule["alert"]: rule for rule in GROUP["rules"]}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_asks_for_metrics_that_there_are(name: str) -> None:
    rule = ALERTS[name]
    promql_parser.parse(rule["expr"])
    assert list(unknown(rule["expr"])) == []
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description"}


def test_names_are_used_once() -> None:
    assert len(ALERTS) == len(GROUP["rules"]) > 8


def test_what_is_unknown_is_found() -> None:
    assert "noshow_cases" in documented()
    assert list(unknown("sum by (state) (noshow_casez)")) == ["noshow_casez", "state"]
    assert list(unknown('max by (kind) (noshow_cases{state="open", team="x"})')) == ["team", "kind"]
    assert list(unknown("rate(noshow_evaluator_tick_duration_seconds[5m])")) == [
        "noshow_evaluator_tick_duration_seconds"
    ], "a histogram has no series of its own name"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: it comes with Prometheus")
def test_the_alerts_pass_their_own_tests() -> None:
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        subprocess.run(["promtool", *command], cwd=FOLDER, check=True, capture_output=True)
