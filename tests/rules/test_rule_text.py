"""Random workflows, printed as rule files and parsed again: the parser gives back the very same."""

import pytest

from rules.parse.rule import parse
from tests.rules.random_cases import case
from tests.rules.random_truth import with_truth
from tests.rules.rule_text import rule_text


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_a_printed_workflow_parses_to_itself(first: int) -> None:
    for seed in range(first, first + 100):
        workflow = with_truth(case(seed, sets=0, fitting=True).workflow, seed)
        text = rule_text(workflow)
        parsed = parse(text, "rule.yaml")
        assert parsed.diagnostics == (), (seed, text)
        assert parsed.workflow == workflow, (seed, text)
