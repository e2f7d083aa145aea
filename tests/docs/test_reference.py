"""The reference of the rule language is whole: all that the language has is in the tables of docs/rules.md, and has a
page or a section with an example in which it occurs. That the examples hold is for test_examples.py."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import yaml

from rules.expression import Binary, Call, Function, Has, Moment, Node, Span, Unary, walk
from rules.parse.keys import ACTION, AT_RISK, MATCHER, STEP, TRUTH, WORKFLOW, Vocabulary
from rules.parse.rule import parse
from rules.spec import Late, Orphans, Severity
from rules.verdict import InstanceState, Kind, StepState
from tests.docs.pages import DOCS, examples, name, pages, slug, told

TABLES = dict(re.findall(r"^### (.*)\n\n((?:\|.*\n)+)", (DOCS / "rules.md").read_text(), re.MULTILINE))
OPERATORS = [(kind, word) for kind in (Binary, Unary) for word in get_args(get_type_hints(kind)["operator"])]
CALLS = [(Call, word) for word in get_args(Function)]
EXPRESSIONS = [*OPERATORS, *CALLS, (Has, "has"), (Moment, "timestamp"), (Span, "duration")]


def linked(table: str) -> dict[str, str]:
    """Where the words of a table lead."""
    return dict(re.findall(r"\[`([^`]+)`\]\(([^)]+)\)", TABLES[table].replace(r"\|", "|")))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("Keys of a workflow", WORKFLOW.known),
        ("Keys of a step", STEP.known),
        ("States of a step", [*StepState]),
        ("States of an instance", [*InstanceState]),
        ("Findings", [*Kind]),
        ("Expressions", [word for _, word in EXPRESSIONS]),
    ],
)
def test_the_tables_have_all_that_the_language_has_and_no_more(table: str, words: list[str]) -> None:
    assert set(linked(table)) == set(words)


def test_every_key_and_finding_has_a_page_of_its_own() -> None:
    for table, folder in {"Keys of a workflow": "keys", "Keys of a step": "keys", "Findings": "findings"}.items():
        assert [(it, page) for it, page in linked(table).items() if page != f"rules/{folder}/{it}.md"] == []
    assert {page.stem for page in (DOCS / "rules" / "keys").iterdir()} == {*WORKFLOW.known, *STEP.known}
    assert {page.stem for page in (DOCS / "rules" / "findings").iterdir()} == {*Kind}


@pytest.mark.parametrize("key", WORKFLOW.known)
def test_the_rule_on_the_page_of_a_workflow_key_has_it(key: str) -> None:
    assert any(key in rule for rule in _with_stories(f"rules/keys/{key}.md"))


@pytest.mark.parametrize("key", STEP.known)
def test_a_step_on_the_page_of_a_step_key_has_it(key: str) -> None:
    rules = _with_stories(f"rules/keys/{key}.md")
    assert any(key in (step or ()) for rule in rules for step in rule["steps"].values())


def _with_stories(page: str) -> Iterator[dict[str, Any]]:
    for example in examples(DOCS / page):
        if example.stories:
            yield from (yaml.safe_load(rule.text) for rule in example.rules)


@pytest.mark.parametrize(
    ("key", "within"),
    [("truth", TRUTH), ("actions", ACTION), ("at_risk", AT_RISK), ("start", MATCHER), ("event", MATCHER)],
)
def test_the_keys_within_a_key_are_on_its_page_and_in_its_rule(key: str, within: Vocabulary) -> None:
    text = (DOCS / "rules" / "keys" / f"{key}.md").read_text()
    used = [rule.text for example in examples(DOCS / "rules" / "keys" / f"{key}.md") for rule in example.rules]
    for inner in within.known:
        assert re.search(rf"`[^`\n]*\b{inner}\b[^`\n]*`", text), inner
        assert any(re.search(rf"\b{inner}:", rule) for rule in used), inner


@pytest.mark.parametrize(("key", "choices"), [("severity", Severity), ("late", Late), ("orphans", Orphans)])
def test_the_choices_of_a_key_are_on_its_page(key: str, choices: type[StrEnum]) -> None:
    text = (DOCS / "rules" / "keys" / f"{key}.md").read_text()
    assert [choice for choice in choices if not re.search(rf"`(\w+: )?{choice}`", text)] == []


@pytest.mark.parametrize("state", StepState)
def test_a_story_in_the_section_of_a_step_state_expects_it(state: StepState) -> None:
    assert ("steps", state) in _expected(linked("States of a step")[state])


@pytest.mark.parametrize("state", InstanceState)
def test_a_story_in_the_section_of_an_instance_state_expects_it(state: InstanceState) -> None:
    assert ("state", state) in _expected(linked("States of an instance")[state])


@pytest.mark.parametrize("kind", Kind)
def test_a_story_on_the_page_of_a_finding_expects_it(kind: Kind) -> None:
    assert ("findings", kind) in _expected(linked("Findings")[kind])


def _expected(link: str) -> set[tuple[str, str]]:
    """What the stories of a page, or of its section, say of states and findings."""
    page, _, section = link.partition("#")
    found: set[tuple[str, str]] = set()
    for example in examples(DOCS / page):
        workflows = [parse(rule.text, "").workflow for rule in example.rules]
        for block in (it for it in example.stories if section in ("", slug(it.section))):
            suite = told(block, [it for it in workflows if it is not None])
            checks = [check for story in suite.stories for check in story.checks]
            found |= {("findings", flag.kind) for check in checks for flag in check.flags or ()}
            found |= {
                (want.path[0], str(want.value)) for check in checks for want in check.wants if want.path[-1] == "state"
            }
    return found


@pytest.mark.parametrize(("kind", "word"), EXPRESSIONS, ids=lambda it: it if isinstance(it, str) else it.__name__)
def test_a_rule_in_the_section_of_an_operator_or_function_uses_it(kind: type[Node], word: str) -> None:
    page, _, section = linked("Expressions")[word].partition("#")
    text = re.split("^## ", (DOCS / page).read_text(), flags=re.MULTILINE)
    [told_of] = [it for it in text if slug(it.partition("\n")[0]) == section]
    assert re.search(rf"`{re.escape(word)}[`(]", told_of)
    stories = [example for example in examples(DOCS / page) if example.stories]
    rules = [rule for example in stories for rule in example.rules if slug(rule.section) == section]
    assert (kind, word) in {_word(node) for rule in rules for node in _nodes(parse(rule.text, "").workflow)}


def _word(node: Node) -> tuple[type[Node], str]:
    match node:
        case Binary(operator=word) | Unary(operator=word) | Call(function=word):
            return type(node), word
        case _:
            return type(node), {Has: "has", Moment: "timestamp", Span: "duration"}.get(type(node), "")


def _nodes(value: object) -> Iterator[Node]:
    """Of all expressions in a workflow."""
    if isinstance(value, Node):
        yield from walk(value)  # type: ignore[arg-type]  # the union has every node
    elif isinstance(value, tuple):
        yield from (node for item in value for node in _nodes(item))
    elif is_dataclass(value):
        yield from (node for field in fields(value) for node in _nodes(getattr(value, field.name)))


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", text):
        path, _, section = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if section:
            headings = re.findall("^#+ +(.*)$", target.read_text(), re.MULTILINE)
            assert section in map(slug, headings), link
