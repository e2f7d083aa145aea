"""What of a rule waits while event names are silent."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from rules.awaited import waiting
from rules.held import ANY_NAME
from rules.spec import Step, Workflow
from store.event import HOUR
from tests.rules.shop import FULFILMENT, named

PAY, SHIP, COMPLY = FULFILMENT.steps
REFUNDED = replace(PAY, within=None, undone_by=named("Refunded"), undo_within=HOUR)


def found(silent: str, *workflows: Workflow) -> Mapping[str, list[str]]:
    return {it.workflow.name: [step.name for step in it.steps] for it in waiting(workflows or (FULFILMENT,), {silent})}


@pytest.mark.parametrize(
    ("silent", "steps"),
    [
        ("PaymentReceived", ["PaymentReceived"]),
        ("OrderCancelled", ["PaymentReceived", "ItemShipped", "ComplianceCheckDone"]),
        (ANY_NAME, ["PaymentReceived", "ItemShipped", "ComplianceCheckDone"]),
    ],
)
def test_steps_wait_for_what_fulfils_them_and_for_what_ends_the_order(silent: str, steps: list[str]) -> None:
    assert found(silent) == {"order-fulfilment": steps}


@pytest.mark.parametrize("silent", ["OrderPlaced", "Unheard"])
def test_what_no_step_asks_for_holds_nothing(silent: str) -> None:
    assert found(silent) == {}


@pytest.mark.parametrize(
    ("step", "silent", "waits"),
    [
        (replace(PAY, optional=True), "PaymentReceived", False),
        (replace(PAY, within=None), "PaymentReceived", False),
        (replace(PAY, within=None), ANY_NAME, False),
        (replace(PAY, fails_on=named("Declined")), "Declined", True),
        (REFUNDED, "Refunded", True),
        (REFUNDED, "PaymentReceived", False),
    ],
)
def test_a_step_waits_where_something_can_be_concluded_of_it(step: Step, silent: str, waits: bool) -> None:
    assert bool(found(silent, replace(FULFILMENT, steps=(step,), cancel=None))) is waits


def test_of_several_versions_the_newest_counts() -> None:
    without = replace(FULFILMENT, steps=(COMPLY,), version=2)
    assert found("PaymentReceived", without, FULFILMENT) == {}
    assert found("ComplianceCheckDone", FULFILMENT, without) == {"order-fulfilment": ["ComplianceCheckDone"]}
