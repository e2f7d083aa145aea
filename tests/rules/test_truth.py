"""What an answer of the source of truth says, and what a request is filled in with: asked of the real engine."""

import pytest

from rules.expression import START, Attribute
from rules.parse.rule import parse
from rules.spec import Workflow
from rules.spec_truth import Truth
from rules.truth import Heard, hear, known
from store import events
from store.clickhouse import ClickHouse
from store.event import MINUTE, SECOND, Event
from tests.conftest import NOON

RULE = """\
workflow: online-payment
start: PaymentRequested
steps:
  PaymentReceived:
    within: 15m
    truth:
      get: https://payments.example/v1/charges?order={correlation_id}
      confirmed: code == 200 && response.status == "succeeded"
      absent: code == 404 || response.status == "failed"
      time: response.created_at
"""


@pytest.fixture
def workflow() -> Workflow:
    parsed = parse(RULE, "rule.yaml")
    assert parsed.workflow is not None
    return parsed.workflow


@pytest.fixture
def truth(workflow: Workflow) -> Truth:
    found = workflow.step("PaymentReceived").truth
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("code", "body", "heard"),
    [
        (200, b'{"status": "succeeded", "created_at": "2025-11-20T12:00:01Z"}', Heard(True, False, NOON + SECOND)),
        (200, b'{"status": "succeeded", "created_at": 1763640001.5}', Heard(True, False, NOON + 1_500_000)),
        (200, b'{"status": "succeeded"}', Heard(True, False, None)),
        (200, b'{"status": "pending"}', Heard(False, False, None)),
        (200, b'{"status": "failed"}', Heard(False, True, None)),
        (404, b"no such charge", Heard(False, True, None)),
        (500, b"", Heard(False, False, None)),
        (200, b"<html>", Heard(False, False, None)),
        (200, b"null", Heard(False, False, None)),
        (200, b'"\xff"', Heard(False, False, None)),
        (200, b'{"status": "o\'; DROP TABLE events"}', Heard(False, False, None)),
    ],
)
def test_an_answer_is_read_by_the_expressions_of_the_rule(
    clickhouse: ClickHouse, truth: Truth, code: int, body: bytes, heard: Heard
) -> None:
    assert hear(clickhouse, truth, code, body) == heard


@pytest.mark.parametrize(
    ("code", "body", "absent"),
    [
        (200, b'{"id": "ch_1"}', False),
        (200, b'{"error": null}', True),
        (200, b"<html>Sign in to continue</html>", False),
        (200, b'{"padding": "cut off in the midd', False),
        (200, b"", False),
        (404, b"<html>no such charge</html>", True),
    ],
)
def test_that_something_is_not_in_an_answer_that_cannot_be_read_is_not_known(
    clickhouse: ClickHouse, code: int, body: bytes, absent: bool
) -> None:
    """A page of a proxy or half an answer is no proof that nothing happened."""
    rule = RULE.replace('response.status == "failed"', "(code == 200 && !has(response.id))")
    parsed = parse(rule, "rule.yaml")
    assert parsed.workflow is not None
    truth = parsed.workflow.step("PaymentReceived").truth
    assert truth is not None
    assert hear(clickhouse, truth, code, body).absent is absent


def test_attributes_are_those_of_the_start_and_of_first_events(clickhouse: ClickHouse, workflow: Workflow) -> None:
    def event(name: str, at: int, attributes: str) -> Event:
        return Event(f"{name}-{at}", "o-1", name, at, "shop", attributes)

    events.write(
        clickhouse,
        [
            event("PaymentRequested", NOON, '{"amount": 12.50, "who": {"name": "Zoë"}, "nothing": null}'),
            event("PaymentReceived", NOON + MINUTE, '{"charge_id": "ch_1"}'),
            event("PaymentReceived", NOON + 2 * MINUTE, '{"charge_id": "ch_2"}'),
        ],
    )
    wanted = [
        Attribute(START, ("amount",)),
        Attribute(START, ("who", "name")),
        Attribute(START, ("nothing",)),
        Attribute(START, ("absent",)),
        Attribute("PaymentReceived", ("charge_id",)),
    ]
    found = known(clickhouse, workflow, "o-1", NOON + 3 * MINUTE, wanted)
    # The engine spells numbers its own way; their value stays.
    assert list(found.values()) == ["12.5", '"Zoë"', "", "", '"ch_1"']
    before = known(clickhouse, workflow, "o-1", NOON, wanted[-1:])
    assert list(before.values()) == [""], "what has not happened by then is not known"
