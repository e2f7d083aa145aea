"""What is hidden by which names, and what keeps its text."""

import pytest

from api.access.personal import NOTHING_HIDDEN, Veil

VEIL = Veil(("customer", "address.*", "*_email"))


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        (("customer",), True),
        (("attributes", "customer"), True),
        (("customer_id",), False),
        (("address",), False),
        (("attributes", "address", "street"), True),
        (("home", "address", "geo", "lat"), True),
        (("billing_email",), True),
        (("email",), False),
    ],
    ids=lambda it: ".".join(it) if isinstance(it, tuple) else "",
)
def test_names(path: tuple[str, ...], hidden: bool) -> None:
    assert VEIL.hides(*path) is hidden


def test_what_is_not_hidden_keeps_its_text() -> None:
    text = '{"n": 12345678901234567890123, "x": 1.50, "customer": "C-7", "list": [{"b": 1e-400}], "z": null}'
    shown = VEIL.text(text)
    assert "C-7" not in shown
    for kept in ("12345678901234567890123", "1.50", "1e-400", "null"):
        assert kept in shown


def test_the_shape_stays() -> None:
    shown = VEIL.text(
        '{"customer": ["a", "b"], "b": {"customer": {"id": 1}}, "c": [{"customer": null}], "d": {"customer": 7}}'
    )
    assert shown == '{"customer":["hidden"],"b":{"customer":{}},"c":[{"customer":null}],"d":{"customer":"hidden"}}'


def test_what_is_no_json_is_hidden_as_a_whole() -> None:
    assert VEIL.text("name=Anna&x") == "hidden"
    assert VEIL.text('"a word"') == '"a word"'


def test_without_names_nothing_is_touched() -> None:
    assert NOTHING_HIDDEN.json(b'{ "customer" : 1 }') == b'{ "customer" : 1 }'
    assert not NOTHING_HIDDEN
