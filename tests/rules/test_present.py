"""The JSON of an instance, which `noshow check` shares."""

import json

from rules.present import Instance, Step, instance_json
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


def test_a_start_may_be_unknown() -> None:
    assert instance_json(Instance("w", 1, "A-1", "orphan", None, [], []))["start"] is None


def test_times_have_as_many_digits_as_they_need() -> None:
    assert rfc3339(NOON + 250_000) == "2025-11-20T12:00:00.25Z"
    assert rfc3339(NOON + 1) == "2025-11-20T12:00:00.000001Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999999Z"
    assert rfc3339(0) == "1970-01-01T00:00:00Z"
