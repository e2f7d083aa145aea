"""Whatever the text, `parse` answers: a workflow, or diagnostics that point into the text.

`NOSHOW_FUZZ_CASES=100000 .venv/bin/python -m pytest --timeout=0 tests/rules/parse/test_fuzz.py` tries so many texts.
"""

import re
from os import environ

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.diagnostic import Level, render
from rules.parse.keys import ACTION, AT_RISK, MATCHER, STEP, TRUTH, WORKFLOW
from rules.parse.rule import parse
from rules.parse.source import lines_of

RULE = """\
workflow: orders
version: 2
effective_from: 2026-11-20T14:05:00.5+01:00
description: All of it.
noun: order
owner: shop
severity: info
escalate_after: 1d
orphans: flag
grace: 2m
skew: 1s
within: 30d
ends_on: Done
customer: start.customer
start: {event: OrderPlaced, where: "amount > 0 && !(note == \\"x\\")"}
labels: {team: 'it''s'}
cancel: [OrderCancelled, {event: Closed, where: 'reason in ["a", "b"]'}]
at_risk: {value: OrderPlaced.amount * 1.5e0, unit: OrderPlaced.currency}
steps:
  Pay:
    within: 15m
    expires: 7d
    runbook: https://x.example/y
    description: It pays.
    late: case
    where: size(items) >= 0x1 && id.matches(r"^\\d+$")
  Send Fine:
    event: [FineSent, {event: FineMailed, where: has(a.b)}]
    after_any: [Pay, start]
    due: >-
      timestamp(start.due_at)
        + duration("1h30m")
    optional: true
  Ship:
    after: Pay
    within: P1D
    warn: 80%
    when: |
      steps["Send Fine"].amount - 1 > -5 // why
        || has(start["a b"].c) && Pay.x.startsWith('''y
      z''')
    times: size(start.items) / 2
    at_most: 12
    match: "amount <= Pay.amount && item.id in [Pay.id, 'x']"
    fails_on: [Refused, {event: Returned, where: final}]
    undone_by: SentBack
    undo_within: 2d
    leave_behind: true
    needs: [Pay]
    escalate_after: 36h
    truth:
      get: https://${HOST}:8443/v1/{correlation_id}?of={steps["Send Fine"].a["}"]}
      headers: {Authorization: "Bearer ${TOKEN}", accept: 'a {{b}}'}
      confirmed: code == 200 && response.status == "done"
      absent: code in [404, 410] || response["odd key"].x
      time: response.at
      every: 5m
      cache: 30s
    actions:
      send-again: {post: https://x.example/é, body: {a: [1, -2.5e3, ~, true, {b: "{Pay.id} ${T}"}], c: ""}}
      give_up:
        label: Give up
        post: http://x/{workflow}/{step}
        idempotent: true
        approve: 2
      take-back: {post: http://x, idempotent: true, automatic: [not_undone, failed]}
"""
PIECES = [
    *" \t\n\r:-[]{}&*!|>'\"%@`#,?()<>=+/\\._09eé漢😀~",
    *("\ufeff", "\u2028", "\x85", "\x00", "\x1b", "\ud800", "\r\n", "\n  ", "- ", ": ", "<<: ", "&a ", "*a", "!!str "),
    *("---\n", "...\n", "null", "true", "&&", "||", "==", "in ", "has(", "size(", "timestamp(", 'duration("', '"""'),
    *(
        "'''",
        'r"',
        'b"',
        "\\u12",
        "0x",
        "9" * 30,
        "1e999",
        "5u",
        "start.",
        'steps["',
        "Pay.",
        "within: ",
        "times: ",
        "needs: Ship",
        "match: ",
        "${",
        "{{",
        "}}",
        "{Pay.",
        "80%",
        "at_most: 0",
        "version: ",
        "truth: ",
        "body: ",
        "(" * 99,
        "!" * 99,
    ),
]


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The rule with a few pieces put in, taken out or moved."""
    text = RULE
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 1, 2, 7, 30]))
        start = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from([*PIECES, text[start : start + 20]]))
        text = text[:at] + piece + text[at + cut :]
    return text


@settings(max_examples=int(environ.get("NOSHOW_FUZZ_CASES", "400")), deadline=None)
@given(
    mutations() | st.lists(st.sampled_from(PIECES)).map("".join) | st.binary().map(lambda data: data.decode("latin-1"))
)
def test_parse_never_raises(text: str) -> None:
    parsed = parse(text, "f.yaml")
    lines = lines_of(text)
    assert list(parsed.diagnostics) == sorted(parsed.diagnostics)
    assert (parsed.workflow is None) == any(found.severity is Level.ERROR for found in parsed.diagnostics)
    for found in parsed.diagnostics:
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1
        assert "\n" not in found.message + found.hint
        render(found, lines)
    if parsed.workflow is not None:
        assert len(list(parsed.workflow.in_graph_order())) == len(parsed.workflow.steps)


def test_the_rule_that_is_mutated_is_right_and_has_every_key() -> None:
    assert parse(RULE, "f.yaml").diagnostics == ()
    for vocabulary in (WORKFLOW, STEP, MATCHER, AT_RISK, TRUTH, ACTION):
        for key in vocabulary.known:
            assert re.search(rf"\b{key}:", RULE), key
