"""The functions that most services use, before and after they are configured."""

import logging
from collections.abc import Iterator

import pytest

import noshow_sdk
from noshow_sdk import service
from tests.sdk.answering import answering


@pytest.fixture(autouse=True)
def not_configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(service, "_client", None)
    monkeypatch.setattr(service, "_not_configured", 0)
    yield
    noshow_sdk.shutdown(0)


def test_events_before_the_configuration_are_dropped_counted_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "noshow_sdk"):
        assert [noshow_sdk.emit("A"), noshow_sdk.emit("B")] == ["", ""]
    assert (noshow_sdk.stats().dropped, noshow_sdk.stats().last_reason) == (2, "not configured")
    assert len(caplog.records) == 1
    assert noshow_sdk.flush()
    assert noshow_sdk.shutdown()


def test_configured_once_it_is_used_from_anywhere() -> None:
    with answering() as server:
        noshow_sdk.configure("payments", server.url)
        noshow_sdk.emit("A", correlation_id="order-1")
        assert noshow_sdk.flush(60)
        assert noshow_sdk.stats().sent == 1


def test_configured_again_the_events_so_far_go_where_they_were_to() -> None:
    with answering() as first, answering() as second:
        noshow_sdk.configure("payments", first.url)
        noshow_sdk.emit("A", correlation_id="order-1")
        noshow_sdk.configure(settings=noshow_sdk.Configuration(service="payments", endpoint=second.url))
        noshow_sdk.emit("B", correlation_id="order-1")
        assert noshow_sdk.flush(60)
        assert (first.names(), second.names()) == ([["A"]], [["B"]])


def test_a_wrong_configuration_leaves_the_present_one() -> None:
    with answering() as server:
        noshow_sdk.configure("payments", server.url)
        with pytest.raises(noshow_sdk.ConfigurationError):
            noshow_sdk.configure("payments", "nowhere")
        noshow_sdk.emit("A", correlation_id="order-1")
        assert noshow_sdk.flush(60)
