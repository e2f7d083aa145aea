"""Topics of Kafka in the settings: what librdkafka will be told, and what is wrong."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.secret import Secret
from store.settings import load
from store.settings_kafka import Format, KafkaSettings, TopicSettings

LEAST = "kafka: {brokers: 'k-1:9092, k-2:9092', topics: {orders.v1: {source: orders}}}"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("s3cret\n")
    return tmp_path


def kafka(text: str) -> KafkaSettings | None:
    Path("noshow.yaml").write_text(text)
    return load({}).kafka


def problems(more: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        kafka(f"kafka:\n  brokers: k-1:9092\n  topics: {{orders.v1: {{source: orders}}}}\n{more}")
    return [it.removeprefix("noshow.yaml:") for it in caught.value.problems]


def test_without_it_there_is_no_kafka() -> None:
    assert kafka("") is None


def test_the_least_of_it() -> None:
    assert kafka(LEAST) == KafkaSettings(
        "k-1:9092,k-2:9092",
        {"orders.v1": TopicSettings("orders", Format.JSON)},
        security={"security.protocol": "plaintext"},
    )


def test_all_of_it(directory: Path) -> None:
    found = kafka(
        "kafka:\n  brokers: k-1:9093\n  group: g\n  start: latest\n  tls: true\n  ca_file: ca.pem\n"
        "  certificate_file: c.pem\n  key_file: /k.pem\n  key_password_file: secret\n"
        "  mechanism: SCRAM-SHA-512\n  username: noshow\n  password_file: secret\n"
        "  topics: {a: {format: otlp}, b: {source: s, format: json}}\n  options: {fetch.min.bytes: 1000}\n"
    )
    assert found is not None
    assert (found.group, found.start, found.options) == ("g", "latest", {"fetch.min.bytes": "1000"})
    assert found.topics == {"a": TopicSettings("", Format.OTLP), "b": TopicSettings("s", Format.JSON)}
    assert found.security == {
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": "ca.pem",
        "ssl.certificate.location": "c.pem",
        "ssl.key.location": "/k.pem",
        "ssl.key.password": Secret("s3cret"),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "noshow",
        "sasl.password": Secret("s3cret"),
    }
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("  start: first", "4:10: kafka.start: expected earliest or latest"),
        ("  broker: x", "4:3: kafka.broker: unknown setting; did you mean brokers?"),
        ("  mechanism: GSSAPI", "4:14: kafka.mechanism: expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
        ("  username: x", "kafka: mechanism, username and password (or password_file) go together"),
        ("  options: {enable.auto.commit: true}", "4:33: kafka.options.enable.auto.commit: is for Noshow to set"),
        ("  password_file: nowhere", "4:18: kafka.password_file: the file nowhere cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(more: str, problem: str) -> None:
    assert any(it.startswith(problem) for it in problems(more))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kafka: {brokers: 'a:1'}", "kafka: topics is missing"),
        ("kafka: {topics: {a: {source: b}}}", "kafka: brokers is missing"),
        ("kafka: {brokers: 'a:1,', topics: {a: {source: b}}}", "noshow.yaml:1:18: kafka.brokers: expected brokers"),
        (
            "kafka: {brokers: 'a:1', topics: {a: {format: avro}}}",
            "noshow.yaml:1:46: kafka.topics.a.format: expected json",
        ),
        ("kafka: {brokers: 'a:1', topics: {a: }}", "noshow.yaml:1:36: kafka.topics.a: expected a mapping"),
    ],
)
def test_what_is_missing_or_wrong_in_what_there_must_be(text: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        kafka(text)
    assert any(it.startswith(problem) for it in caught.value.problems)
