"""The cookbook: its rules are clean, its stories hold and have seen what matters, its page draws them as they are."""

import re

from rules.graph.graph import graph
from rules.graph.mermaid import mermaid
from rules.lint import load
from rules.parse.keys import STEP, WORKFLOW
from rules.spec import Workflow
from rules.story.coverage import never_seen
from rules.story.file import load_stories, story_files
from rules.story.run import Outcome, play
from rules.story.text import difference_lines
from rules.verdict import Kind
from store.clickhouse import ClickHouse
from tests.docs.pages import DOCS
from tests.noshow.command import noshow

COOKBOOK = DOCS / "cookbook"
PAGE = (COOKBOOK / "README.md").read_text()
SECTIONS = re.findall(r"\[(\S+\.yaml)\]\(\1\) · \[its stories\]\((\S+)\)\n\n```mermaid\n(.*?)```", PAGE, re.DOTALL)
OF_ANY_STEP = {Kind.AFTER_END, Kind.OUT_OF_ORDER}  # enough to have seen them somewhere


def test_the_linter_has_nothing_to_say() -> None:
    done = noshow("rules", "lint", "--strict", COOKBOOK)
    assert (done.code, done.err) == (0, "")


def test_the_stories_hold_and_have_seen_what_matters(clickhouse: ClickHouse) -> None:
    suites = load_stories(story_files(COOKBOOK)).suites
    assert len(suites) == 6
    for suite, outcomes in zip(suites, play(clickhouse, suites), strict=True):
        assert [line for outcome in outcomes for line in difference_lines(outcome)] == []
        assert _overlooked(suite.rules[-1].workflow, outcomes) == []  # of the latest version


def _overlooked(workflow: Workflow, outcomes: list[Outcome]) -> list[tuple[str, str]]:
    optional = {step.name for step in workflow.steps if step.optional}
    by_it = [outcome for outcome in outcomes if outcome.rule is not None and outcome.rule.workflow is workflow]
    unseen = never_seen(workflow, by_it)
    return [(step, word) for step, word in unseen if word not in OF_ANY_STEP and step not in optional]


def test_every_kind_of_finding_is_in_a_story() -> None:
    checks = [
        check
        for suite in load_stories(story_files(COOKBOOK)).suites
        for story in suite.stories
        for check in story.checks
    ]
    assert {flag.kind for check in checks for flag in check.flags or ()} == {*Kind}


def test_every_key_has_its_place_in_a_rule() -> None:
    text = "\n".join(file.read_text() for file in COOKBOOK.glob("*.yaml"))
    assert [key for key in (*WORKFLOW.known, *STEP.known) if not re.search(rf"^ *{key}:", text, re.MULTILINE)] == []


def test_the_page_shows_every_workflow_as_it_is() -> None:
    assert {stories for _, stories, _ in SECTIONS} == {file.name for file in story_files(COOKBOOK)}
    for rule, _, drawn in SECTIONS:
        [workflow] = load(COOKBOOK / rule).workflows
        again = f"put in what `noshow rules explain docs/cookbook/{rule} --format mermaid` prints"
        assert drawn.splitlines() == list(mermaid(graph(workflow))), again
