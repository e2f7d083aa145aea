"""Whatever the text of a file of stories, its parser answers: stories, or diagnostics that point into the text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.diagnostic import Problems, TooMany, render
from rules.parse.source import Source, lines_of
from rules.parse.yaml_tree import read
from rules.story.parse import rule_files, suite
from tests.rules.parse.test_fuzz import PIECES
from tests.rules.story_text import rules, told

STORIES = """\
rules: [orders.yaml]
start_at: 2026-11-20T10:00:00Z
defaults:
  OrderPlaced: {amount: 1.50, when: t0+1h, list: [1, {a: null}]}
tests:
  - name: paid late
    events:
      - +0m OrderPlaced: {country: 'DE'}
      - +20m PaymentReceived as e1 from payments of b
      - {at: -5m, event: Sent by post, id: x y, attributes: {}}
      - +1h confirmed Send Fine by ops: {reason: "seen"}
    checks:
      - at: +1h
        expect: {state: running, steps: {PaymentReceived: {state: late, due: +15m}}, findings: [Send Fine late]}
      - {at: +2h, of: b, expect: {state: none, at_risk: 12.5, findings: [half_undone, Send Fine late since +1h]}}
"""
WORDS = ["+1h", "-", "t0+", "t0+99999d", " since ", "late", "name: ", "tests: ", "[]", "{}", "2026-13-40", '"\\ud800"']
RULES = rules()


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The stories with a few pieces put in, taken out or moved."""
    text = STORIES
    for _ in range(draw(st.integers(1, 6))):
        at, start = draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 1, 2, 7, 30]))
        text = text[:at] + draw(st.sampled_from([*PIECES, *WORDS, text[start : start + 20]])) + text[at + cut :]
    return text


@settings(max_examples=300)
@given(mutations())
def test_the_parser_never_raises(text: str) -> None:
    problems = Problems("f.test.yml", Source(text))
    try:
        root = read(problems)
        rule_files(root, problems)
        suite(root, RULES, problems)
    except TooMany:
        pass
    lines = lines_of(text)
    for found in problems.found:
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1
        assert "\n" not in found.message + found.hint
        render(found, lines)


def test_the_stories_that_are_mutated_are_right() -> None:
    found, diagnostics = told(STORIES)
    assert found is not None and diagnostics == []
