"""Short ways to write rules and stories as text, and to read them."""

from rules.diagnostic import Diagnostic, Problems
from rules.parse.rule import parse
from rules.parse.source import Source
from rules.parse.yaml_tree import read
from rules.ruleset import Rule, rules_of
from rules.story.parse import suite
from rules.story.story import Story, Suite

ORDERS = """\
workflow: orders
start: OrderPlaced
grace: 2m
steps:
  PaymentReceived: {within: 15m}
  Send Fine: {after: PaymentReceived, within: 48h, optional: true}
"""


def rules(*texts: str) -> tuple[Rule, ...]:
    parsed = [parse(text, "rules.yaml") for text in texts or (ORDERS,)]
    return rules_of(each.workflow for each in parsed if each.workflow is not None)


def told(text: str, *rule_texts: str) -> tuple[Suite | None, list[Diagnostic]]:
    """The suite, `None` where something is wrong, and the diagnostics, sorted."""
    problems = Problems("orders.test.yml", Source(text))
    found = suite(read(problems), rules(*rule_texts), problems)
    return None if problems.failed else found, sorted(problems.found)


def stories(text: str, *rule_texts: str) -> tuple[Story, ...]:
    """Of a file in which nothing is wrong."""
    found, diagnostics = told(text, *rule_texts)
    assert diagnostics == []
    assert found is not None
    return found.stories


def story(body: str, *rule_texts: str) -> Story:
    """The one with these events and checks, indented by four; the rest is filled in."""
    [found] = stories(f"tests:\n  - name: it\n{body}", *rule_texts)
    return found
