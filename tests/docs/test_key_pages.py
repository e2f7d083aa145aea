"""The example on the page of a key shows what the key does: without the key it no longer holds."""

from typing import Any

import pytest
import yaml

from rules.parse.keys import STEP, WORKFLOW
from rules.parse.rule import parse
from rules.story.run import play
from rules.story.story import Suite
from store.clickhouse import ClickHouse
from tests.docs.pages import DOCS, Example, examples, told

REQUIRED = {"workflow", "start", "steps"}
NO_VERDICT = {"description", "owner", "severity", "noun", "labels", "escalate_after", "runbook", "late"}
OF_OTHERS = {"truth", "actions"}  # they bring events about; the stories tell of these


@pytest.mark.parametrize("key", sorted({*WORKFLOW.known, *STEP.known} - REQUIRED - NO_VERDICT - OF_OTHERS))
def test_without_its_key_an_example_does_not_hold(key: str, stage: ClickHouse) -> None:
    shown = [example for example in examples(DOCS / "rules" / "keys" / f"{key}.md") if _has(example, key)]
    assert shown
    without = [_without(key, example) for example in shown]
    suites = [suite for suites in without for suite in suites or ()]
    holds = [not any(outcome.differences for outcome in outcomes) for outcomes in play(stage, suites)]
    assert None in without or not all(holds)


def _has(example: Example, key: str) -> bool:
    rules = [yaml.safe_load(rule.text) for rule in example.rules]
    return any(rule != _less(rule, key) for rule in rules)


def _less(rule: dict[str, Any], key: str) -> dict[str, Any]:
    steps = {name: {k: v for k, v in (step or {}).items() if k != key} for name, step in rule["steps"].items()}
    return {k: v for k, v in rule.items() if k != key} | {"steps": steps}


def _without(key: str, example: Example) -> list[Suite] | None:
    """The stories about rules that lack the key; `None` if these are no rules any more."""
    texts = [yaml.safe_dump(_less(yaml.safe_load(rule.text), key)) for rule in example.rules]
    workflows = [workflow for text in texts if (workflow := parse(text, "").workflow) is not None]
    if len(workflows) < len(texts):
        return None
    return [told(story, workflows) for story in example.stories]
