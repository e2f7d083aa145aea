"""Topics of Kafka that events are taken from. In the file only:

kafka:
  brokers: kafka-1:9093,kafka-2:9093
  topics:
    orders.v1: {source: orders, format: json}
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from store import settings_values as values
from store.secret import Secret
from store.settings_branch import ANY
from store.settings_source import Given, Key

KAFKA = "kafka"

T = TypeVar("T")


class Format(StrEnum):
    """What the value of a message is."""

    JSON = "json"  # an event, or an array of them; of any shape where the source has a mapping
    CLOUDEVENTS = "cloudevents"  # structured, a batch, or binary with headers ce_…
    OTLP = "otlp"  # an ExportLogsServiceRequest in protobuf


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """`source`: of events that name none, and the one whose mapping reads documents."""

    source: str = ""
    format: Format = Format.JSON


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """`start`: of a group that has consumed nothing yet. `security` and `options` are librdkafka's own; the secrets
    among them are not printed."""

    brokers: str
    topics: Mapping[str, TopicSettings]
    group: str = "noshow"
    start: str = "earliest"
    security: Mapping[str, str | Secret] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

# What Noshow's promises rest on.
_OURS = frozenset(
    {
        "auto.offset.reset",
        "bootstrap.servers",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.partition.eof",
        "group.id",
        "partition.assignment.strategy",
        "statistics.interval.ms",
    }
)


def _brokers(text: str) -> str:
    if not all(part.strip() for part in text.split(",")):
        raise ValueError("expected brokers with commas between them, such as kafka-1:9092,kafka-2:9092")
    return ",".join(part.strip() for part in text.split(","))


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a name")
    return text


def _start(text: str) -> str:
    if text not in ("earliest", "latest"):
        raise ValueError("expected earliest or latest")
    return text


def _format(text: str) -> Format:
    if text not in [*Format]:
        raise ValueError(f"expected {', '.join(list(Format)[:-1])} or {list(Format)[-1]}")
    return Format(text)


def _mechanism(text: str) -> str:
    if text not in _MECHANISMS:
        raise ValueError(f"expected {', '.join(_MECHANISMS[:-1])} or {_MECHANISMS[-1]}")
    return text


_PLAIN: Mapping[str, Callable[[str], str]] = {"brokers": _brokers, "group": _name, "start": _start}
_FILES: Mapping[str, str] = {
    "ca_file": "ssl.ca.location",
    "certificate_file": "ssl.certificate.location",
    "key_file": "ssl.key.location",
}
_SASL: Mapping[str, tuple[str, Callable[[str], str | Secret]]] = {
    "mechanism": ("sasl.mechanism", _mechanism),
    "username": ("sasl.username", _name),
    "password": ("sasl.password", Secret),
    "key_password": ("ssl.key.password", Secret),
}

KEYS: Sequence[Key] = (
    *((KAFKA, name) for name in (*_PLAIN, "tls", *_FILES, *_SASL)),
    *((KAFKA, "topics", ANY, name) for name in ("source", "format")),
    (KAFKA, "options", ANY),
)

SECRETS: Sequence[Key] = ((KAFKA, "password"), (KAFKA, "key_password"))


class Reader(Protocol):
    """What was given, and where what is wrong with it is noted."""

    given: Mapping[Key, Given]
    problems: list[str]

    def parsed(self, given: Given, parse: Callable[[str], T]) -> T | None:
        """Its meaning; `None` where it has none, which is noted."""
        ...


def kafka(read: Reader) -> KafkaSettings | None:
    """`None` where nothing is said of it. What is wrong is noted."""
    given = {key[1:]: it for key, it in read.given.items() if key[0] == KAFKA}
    if not given:
        return None
    plain = {name: read.parsed(given[name,], parse) or "" for name, parse in _PLAIN.items() if (name,) in given}
    topics = _topics(read, given)
    for missing in [name for name, there in (("brokers", "brokers" in plain), ("topics", topics)) if not there]:
        read.problems.append(f"{KAFKA}: {missing} is missing")
    brokers = plain.pop("brokers", "")
    return KafkaSettings(brokers, topics, security=_security(read, given), options=_options(read, given), **plain)


def _topics(read: Reader, given: Mapping[Key, Given]) -> dict[str, TopicSettings]:
    topics = {}
    for name in dict.fromkeys(key[1] for key in given if key[0] == "topics"):
        source, form = given.get(("topics", name, "source")), given.get(("topics", name, "format"))
        topics[name] = TopicSettings(
            "" if source is None else read.parsed(source, _name) or "",
            Format.JSON if form is None else read.parsed(form, _format) or Format.JSON,
        )
    return topics


def _security(read: Reader, given: Mapping[Key, Given]) -> dict[str, str | Secret]:
    tls = ("tls",) in given and bool(read.parsed(given["tls",], values.flag))
    found: dict[str, str | Secret] = {}
    for name, option in _FILES.items():
        if (name,) in given:
            path = read.parsed(given[name,], values.path)
            found[option] = str(given[name,].base / (path or Path()))
    for name, (option, parse) in _SASL.items():
        if (name,) in given:
            found[option] = read.parsed(given[name,], parse) or ""
    sasl = any(option.startswith("sasl.") for option in found)
    if sasl and not {"sasl.mechanism", "sasl.username", "sasl.password"} <= set(found):
        read.problems.append(f"{KAFKA}: mechanism, username and password (or password_file) go together")
    protocol = {(False, False): "plaintext", (True, False): "ssl", (False, True): "sasl_plaintext"}
    return {"security.protocol": protocol.get((tls, sasl), "sasl_ssl"), **found}


def _options(read: Reader, given: Mapping[Key, Given]) -> dict[str, str]:
    found = {key[1]: it for key, it in given.items() if key[0] == "options"}
    for name in _OURS & set(found):
        read.problems.append(f"{found[name].place}: is for Noshow to set")
    return {name: it.text for name, it in found.items()}
