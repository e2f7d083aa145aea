"""What counts as silence, as the settings say."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.event import DAY, SECOND
from store.settings import load


def test_rates_are_declared_by_name(tmp_path: Path) -> None:
    file = tmp_path / "noshow.yaml"
    file.write_text("evaluator: {silence: {expect: {Paid: 100/h, Seen: 2/s}, ignore: 'a,*.debug'}}")
    silence = load({}, file).evaluator.silence
    assert (silence.expect, silence.expect_sources) == ({"Paid": 36 * SECOND, "Seen": SECOND // 2}, {})
    assert silence.learn == DAY
    assert [silence.heeds(name) for name in ("a", "x.debug", "Paid")] == [False, False, True]


def test_a_source_may_be_called_as_a_name_is(tmp_path: Path) -> None:
    file = tmp_path / "noshow.yaml"
    file.write_text("evaluator: {silence: {expect: {paid: 1/s}, expect_sources: {paid: 20/min, 'a:b': 1/d}}}")
    silence = load({}, file).evaluator.silence
    assert (silence.expect, silence.expect_sources) == ({"paid": SECOND}, {"paid": 3 * SECOND, "a:b": DAY})


@pytest.mark.parametrize("key", ["expect", "expect_sources"])
@pytest.mark.parametrize("rate", ["100", "0/h", "5/week", "-1/s"])
def test_what_is_no_rate_is_said_with_its_place(tmp_path: Path, key: str, rate: str) -> None:
    file = tmp_path / "noshow.yaml"
    file.write_text(f"evaluator:\n  silence:\n    {key}: {{Paid: '{rate}'}}")
    expected = rf"noshow\.yaml:3:\d+: evaluator\.silence\.{key}\.Paid: expected how many there are in a while"
    with pytest.raises(SettingsError, match=expected):
        load({}, file)


def test_what_is_declared_twice_or_of_nothing_that_there_is_is_said(tmp_path: Path) -> None:
    file = tmp_path / "noshow.yaml"
    file.write_text("evaluator: {silence: {expect_sources: {a: 1/s, a: 2/s}, expect_source: {b: 1/s}}}")
    with pytest.raises(SettingsError, match="given twice") as raised:
        load({}, file)
    assert "expect_source: unknown setting; did you mean" in str(raised.value)
