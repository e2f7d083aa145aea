"""What instances are called, and how names are quoted."""

import pytest

from rules.suggest.word import compared, expression_in_yaml, in_yaml, kebab, noun, of_start, of_step, plural


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("OrderPlaced", "order"),
        ("order_purchased", "order"),
        ("com.acme.shop.order.placed", "order"),
        ("shop/LoanApplicationSubmitted", "loan application"),
        ("Create Fine", "fine"),
        ("PDFUploaded", "pdf"),
        ("InvoiceSent", "invoice"),
        ("Bestellung geöffnet", ""),
        ("Confirmation of receipt", ""),
        ("Started", ""),
        ("", ""),
    ],
)
def test_the_start_says_what_it_happened_to(start: str, expected: str) -> None:
    assert noun(start) == expected


@pytest.mark.parametrize(
    ("one", "more"), [("order", "orders"), ("delivery", "deliveries"), ("box", "boxes"), ("day", "days"), ("", "s")]
)
def test_several_of_them(one: str, more: str) -> None:
    assert plural(one) == more


@pytest.mark.parametrize(
    ("text", "expected"), [("Loan Applications", "loan-applications"), ("Größe 2", "groe-2"), ("!", "")]
)
def test_kebab_case_has_plain_letters_only(text: str, expected: str) -> None:
    assert kebab(text) == expected


@pytest.mark.parametrize("text", ["Send Fine", "order.placed", "T02-1 Check", "OrderPlaced"])
def test_plain_names_stay_plain(text: str) -> None:
    assert in_yaml(text) == text


@pytest.mark.parametrize("text", ["true", "No", "12", "a: b", "a #b", "- a", " a", "a ", "{a}", "é", "*a", "null"])
def test_what_yaml_would_misread_is_quoted(text: str) -> None:
    assert in_yaml(text) == f'"{text}"'


def test_attributes_are_reached_whatever_they_are_called() -> None:
    assert of_start("OrderPlaced", "amount", []) == "OrderPlaced.amount"
    assert of_start("OrderPlaced", "amount", ["OrderPlaced"]) == "start.amount"
    assert of_start("Create Fine", "odd key", []) == 'start["odd key"]'
    assert of_start("if", "amount", []) == "start.amount"
    assert of_step("Send Fine", "amount") == 'steps["Send Fine"].amount'


def test_comparisons_are_of_json_values() -> None:
    assert compared("start.a", "in", ['"x"', "2", "1.5"]) == 'start.a in ["x", 2, 1.5]'
    assert compared("start.a", "!=", ['"\\u00fc"']) == 'start.a != "ü"'
    assert compared("start.a", "==", ["true"]) == "start.a == true"


def test_expressions_that_yaml_would_cut_are_quoted() -> None:
    assert expression_in_yaml('a.b == "c"') == 'a.b == "c"'
    assert expression_in_yaml('a.b == "it\'s: d"') == "'a.b == \"it''s: d\"'"
