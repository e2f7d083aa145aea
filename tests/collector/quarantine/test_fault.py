"""The many of a broken deploy have one fault, whatever each of them says."""

import pytest

from collector.quarantine.fault import LONGEST, fault_of


@pytest.mark.parametrize(
    ("field", "reasons", "fault"),
    [
        (
            "time",
            ["lies 3 d 4 h in the future; at most 24 h is accepted", "lies 9 s in the future; at most 3 d is accepted"],
            "time: lies … in the future; at most … is accepted",
        ),
        (
            "correlation_id",
            ['"null" identifies nothing', '"a \\"b" identifies nothing'],
            "correlation_id: … identifies nothing",
        ),
        ("", ["not JSON: no value (byte 1)", "not JSON: no value (byte 9,231)"], "not JSON: no value (byte …)"),
        ("attributes", ["300,008 bytes; at most 262,144 are accepted"], "attributes: … bytes; at most … are accepted"),
        ("", ["line 1, column 3: no end", "line 12, column 9,000: no end"], "line …, column …: no end"),
        ("time", ["missing"], "time: missing"),
    ],
)
def test_what_differs_is_left_out(field: str, reasons: list[str], fault: str) -> None:
    assert {fault_of(field, reason) for reason in reasons} == {fault}


def test_the_place_in_a_list_does_not_matter() -> None:
    assert fault_of("attributes.items[2].a1", "NaN") == fault_of("attributes.items[31].a1", "NaN")


def test_it_is_short_whatever_the_reason_is() -> None:
    assert len(fault_of("x" * 1_000, "y" * 1_000)) == LONGEST
