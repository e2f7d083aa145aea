"""How fast senders may send, as the settings say it."""

from pathlib import Path

import pytest

from store.settings import Rate, SettingsError, load


def rates(tmp_path: Path, text: str) -> tuple[Rate, dict[str, Rate]]:
    (tmp_path / "noshow.yaml").write_text(text)
    collector = load({}, tmp_path / "noshow.yaml").collector
    return collector.rate, dict(collector.rates)


def test_by_name_and_for_everybody_else(tmp_path: Path) -> None:
    text = "collector:\n  rate: {events: 2000, bytes: 2MiB}\n  rates: {payments-svc: {events: 5}, a.b: {bytes: 1kB}}\n"
    own = {"payments-svc": Rate(events=5), "a.b": Rate(bytes=1_000)}
    assert rates(tmp_path, text) == (Rate(2_000, 2 << 20), own)


def test_without_them_nobody_is_held_back(tmp_path: Path) -> None:
    assert rates(tmp_path, "") == (Rate(), {})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("rates: {shop: 5}", "collector.rates.shop: expected a mapping"),
        ("rates: {shop: {}}", "collector.rates.shop: expected events, bytes or both"),
        ("rates: {shop: {event: 5}}", "collector.rates.shop.event: unknown setting; did you mean events?"),
        ("rates: {shop: {events: 0}}", "collector.rates.shop.events: expected a whole number, 1 or more"),
        ("rates: {shop: {bytes: lots}}", "collector.rates.shop.bytes: expected a size"),
        ("rate: {events: -1}", "expected a whole number, 1 or more"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, given: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r"noshow.yaml:2:") as error:
        rates(tmp_path, f"collector:\n  {given}\n")
    assert words in str(error.value)


def test_a_rate_is_told_in_words() -> None:
    told = [str(rate) for rate in (Rate(5), Rate(None, 2_000), Rate(5, 2_000))]
    assert told == ["5 events a second", "2,000 bytes a second", "5 events and 2,000 bytes a second"]
