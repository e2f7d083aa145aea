"""What an endpoint is told of a case."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from reconcile.cases.finding import About, Finding
from reconcile.cases.settle import settle
from reconcile.notify.case_data import data, page
from tests.reconcile.desk import ABOUT, NOON, PUBLIC, closed, finding, late

PAYMENT = finding(runbook="https://wiki.example.org/payments", description="The bank says that it paid.")


def body(*states: list[Finding], about: About = ABOUT) -> Any:
    case, change = None, None
    for findings in states:
        change = settle(findings, about, case, NOON)
        case = change.case if change else case
    assert change is not None
    return msgspec.to_builtins(data(change, PUBLIC, NOON))


def test_an_opened_case_in_full() -> None:
    told = {
        "step": "PaymentReceived",
        "kind": "missing",
        "sentence": PAYMENT.sentence,
        "since": "2025-11-20T11:50:00Z",
        "due": "2025-11-20T11:50:00Z",
        "late_seconds": 600.0,
        "owner": "payments",
        "severity": "warning",
        "runbook": "https://wiki.example.org/payments",
    }
    told_of_all = body([PAYMENT])
    assert told_of_all.pop("title") and told_of_all.pop("text")
    assert told_of_all == {
        **told,
        "case": "case_29aff76576be58b1a7f310aaf5cdb423",
        "workflow": "fulfilment",
        "noun": "order",
        "correlation_id": "a",
        "state": "open",
        "reason": None,
        "at_risk": {"value": 120.5, "unit": "EUR"},
        "customer": "c-9",
        "started_at": "2025-11-20T11:00:00Z",
        "labels": {"tier": "gold"},
        "findings": [
            {
                **told,
                "state": "open",
                "noted": False,
                "description": "The bank says that it paid.",
                "at": None,
                "closed_at": None,
                "closed_because": None,
            }
        ],
        "url": "https://noshow.example.org/orders/fulfilment/a",
    }


def test_a_resolved_case_shows_what_closed_and_what_is_noted() -> None:
    settled = body([PAYMENT, finding("ItemShipped")], [closed(PAYMENT, 2), closed(finding("ItemShipped"), 2), late()])
    shown = [(it["step"], it["kind"], it["state"], it["late_seconds"]) for it in settled["findings"]]
    assert shown == [
        ("PaymentReceived", "late", "open", 300.0),
        ("ItemShipped", "missing", "closed", None),
        ("PaymentReceived", "missing", "closed", None),
    ]
    assert settled["reason"] == "arrived_late"


def test_findings_that_closed_earlier_are_not_shown_again() -> None:
    gone = closed(finding("ItemShipped"), 2)
    told = body([PAYMENT, finding("ItemShipped")], [PAYMENT, gone], [PAYMENT, gone, finding("Delivered")])
    assert [it["step"] for it in told["findings"]] == ["PaymentReceived", "Delivered"]


def test_what_is_unknown_is_null() -> None:
    told = body([finding()], about=replace(ABOUT, at_risk=None, unit=None, customer=None))
    assert (told["at_risk"], told["customer"], told["runbook"]) == (None, None, None)


@pytest.mark.parametrize(
    ("correlation_id", "path"),
    [
        ("A-17", "A-17"),
        ("a/b?c=d#e", "a%2Fb%3Fc%3Dd%23e"),
        ("äöü €", "%C3%A4%C3%B6%C3%BC%20%E2%82%AC"),
        ('"><script>', "%22%3E%3Cscript%3E"),
        ("100%", "100%25"),
    ],
)
def test_the_page_of_any_order_has_an_address(correlation_id: str, path: str) -> None:
    assert page(PUBLIC + "/", "fulfilment", correlation_id) == f"{PUBLIC}/orders/fulfilment/{path}"
