"""The JSON of an instance, which `noshow check` shares."""

import json

from rules.present import Instance, Step, instance_json
from rules.verdict import WHOLE
from store.event import MINUTE
from store.instant import rfc3339
from tests.conftest import NOON


def test_has_exactly_the_fields_of_the_contract_in_their_order() -> None:
    steps = [
        Step("PaymentReceived", "late", NOON + 20 * MINUTE, NOON + 15 * MINUTE),
        Step("ItemShipped", "waiting", None, None),
    ]
    flags = [("PaymentReceived", "late")]
    instance = Instance("order-fulfilment", 1, "A-1", "running", NOON, steps, flags)
    assert json.dumps(instance_json(instance)) == (
        '{"workflow": "order-fulfilment", "version": 1, "correlation_id": "A-1", "state": "running", '
        '"start": "2025-11-20T12:00:00Z", "steps": {'
        '"PaymentReceived": {"state": "late", "at": "2025-11-20T12:20:00Z", "due": "2025-11-20T12:15:00Z"}, '
        '"ItemShipped": {"state": "waiting", "at": null, "due": null}}, '
        '"findings": [{"step": "PaymentReceived", "kind": "late"}]}'
    )


def test_what_only_some_steps_have_is_told_of_those_only() -> None:
    steps = [
        Step("ParcelSent", "pending", None, NOON + 15 * MINUTE, count=1, needed=3, warned=NOON + 12 * MINUTE),
        Step("ParcelLeft", "waiting", None, None, count=0, needed=None),
    ]
    told = instance_json(Instance("w", 1, "A-1", "running", NOON, steps, []))["steps"]
    assert told == {
        "ParcelSent": {
            "state": "pending",
            "at": None,
            "due": "2025-11-20T12:15:00Z",
            "count": 1,
            "needed": 3,
            "warned": "2025-11-20T12:12:00Z",
        },
        "ParcelLeft": {"state": "waiting", "at": None, "due": None, "count": 0, "needed": None},
    }


def test_an_orphan_has_no_start_and_no_steps_and_its_finding_is_of_no_step() -> None:
    assert instance_json(Instance("w", 1, "A-1", "orphan", None, [], [(WHOLE, "orphan")])) == {
        "workflow": "w",
        "version": 1,
        "correlation_id": "A-1",
        "state": "orphan",
        "start": None,
        "steps": {},
        "findings": [{"step": None, "kind": "orphan"}],
    }


def test_times_have_as_many_digits_as_they_need() -> None:
    assert rfc3339(NOON + 250_000) == "2025-11-20T12:00:00.25Z"
    assert rfc3339(NOON + 1) == "2025-11-20T12:00:00.000001Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999999Z"
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
