"""What is said in the call, and what the environment says of the rest."""

import pytest

from noshow_sdk import Configuration, ConfigurationError

LOGS = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"


def test_what_is_said_counts_more_than_the_environment() -> None:
    environment = {"OTEL_SERVICE_NAME": "x", "NOSHOW_ENDPOINT": "http://x", "NOSHOW_TOKEN": "x"}
    said = Configuration(service="payments", endpoint="https://noshow", token="secret").completed(environment)
    assert (said.service, said.endpoint, said.token) == ("payments", "https://noshow/v1/logs", "secret")


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, "http://localhost:8080/v1/logs"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318/"}, "http://a:4318/v1/logs"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a:4318", LOGS: "http://b/logs"}, "http://b/logs"),
        ({LOGS: "http://b/logs", "NOSHOW_ENDPOINT": "http://c/v1/logs"}, "http://c/v1/logs"),
    ],
)
def test_the_endpoint_of_the_environment(environment: dict[str, str], endpoint: str) -> None:
    environment |= {"OTEL_SERVICE_NAME": "payments", "NOSHOW_TOKEN": "secret"}
    completed = Configuration().completed(environment)
    assert (completed.service, completed.endpoint, completed.token) == ("payments", endpoint, "secret")


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        (Configuration(), "which service is it"),
        (Configuration(service="a", endpoint="localhost:8080"), "got 'localhost:8080'"),
        (Configuration(service="a", waiting=0), "at least 1"),
        (Configuration(service="a", interval=0), "more than 0"),
    ],
)
def test_what_could_not_work_is_said_at_the_start(configuration: Configuration, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        configuration.completed({})


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(Configuration(service="a", token="secret"))


def test_a_batch_is_no_larger_than_what_may_wait() -> None:
    assert Configuration(service="a", waiting=10).completed({}).batch == 10
