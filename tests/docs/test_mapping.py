"""The settings in docs/mapping.md and docs/kafka.md are settings, and the document that one sends is an event."""

import re
from pathlib import Path

import pytest

from collector.acceptance import Acceptance
from collector.json.body import decode_json
from collector.mapping.message import Message
from store.settings import Settings, load
from store.settings_kafka import Format
from tests.conftest import NOON
from tests.docs.pages import DOCS

MAPPING, KAFKA = (DOCS / "mapping.md").read_text(), (DOCS / "kafka.md").read_text()


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def shown(page: str) -> Settings:
    [text] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    Path("password").write_text("secret")
    Path("noshow.yaml").write_text(text.replace("/run/secrets/kafka", "password"))
    return load({})


def test_the_document_that_is_sent_is_an_event() -> None:
    [source, document] = re.findall(r"\?source=(\w+)' -d '\s*(.*?)'\n```", MAPPING, re.DOTALL)[0]
    terms = Acceptance.at(NOON, shown(MAPPING).collector).of(source, Message())
    [event] = decode_json(document.encode(), terms).events
    assert (event.correlation_id, event.name, event.time) == ("4711", "PaymentReceived", NOON)


def test_the_topics_that_are_shown_are_taken() -> None:
    kafka = shown(KAFKA).kafka
    assert kafka is not None
    assert {name: topic.format for name, topic in kafka.topics.items()} == {
        "orders.v1": Format.JSON,
        "payments.events": Format.JSON,
        "otel-logs": Format.OTLP,
    }
    assert kafka.security["security.protocol"] == "sasl_ssl"


def test_every_format_is_told_of() -> None:
    assert all(f"`{it}`" in KAFKA for it in Format)
