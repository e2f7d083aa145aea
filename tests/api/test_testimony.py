"""The word of somebody who looked, told as what it is."""

import pytest

from api.testimony import told
from store.event import Event

WHOLE = '{"workflow": "w", "step": "Paid", "actor": "eve", "reason": "the bank has it"}'


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("confirmed", WHOLE, "eve confirmed that Paid happened: the bank has it"),
        ("absent", WHOLE.replace("the bank has it", ""), "eve said that Paid did not happen"),
        ("confirmed", WHOLE.replace('"w"', '"other"'), "eve confirmed that Paid happened in other: the bank has it"),
        ("absent", "{}", "somebody said that a step did not happen"),
        ("absent", "[]", "somebody said that a step did not happen"),
        ("asked", WHOLE, ""),
    ],
)
def test_it_is_a_sentence(name: str, attributes: str, expected: str) -> None:
    assert told(Event("1", "a", name, 0, "noshow", attributes), "w") == expected


def test_an_event_of_that_name_from_elsewhere_is_none() -> None:
    assert told(Event("1", "a", "confirmed", 0, "shop", WHOLE), "w") == ""
