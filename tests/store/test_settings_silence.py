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
    assert silence.expect == {"Paid": 36 * SECOND, "Seen": SECOND // 2}
    assert silence.learn == DAY
    assert [silence.heeds(name) for name in ("a", "x.debug", "Paid")] == [False, False, True]


@pytest.mark.parametrize("rate", ["100", "0/h", "5/week", "-1/s"])
def test_what_is_no_rate_is_said(tmp_path: Path, rate: str) -> None:
    file = tmp_path / "noshow.yaml"
    file.write_text(f"evaluator: {{silence: {{expect: {{Paid: '{rate}'}}}}}}")
    with pytest.raises(SettingsError, match="expected how many there are in a while"):
        load({}, file)
