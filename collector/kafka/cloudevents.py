"""CloudEvents in messages of Kafka: structured, batched, or in binary mode with their attributes in headers `ce_…`.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from dataclasses import replace
from urllib.parse import quote_from_bytes

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.cloudevents.body import BATCH, decode_batch, decode_binary, decode_structured
from collector.mapping.message import Header, Message

_PREFIX = b"ce_"


def decode_cloud_events(value: bytes, terms: Acceptance) -> Batch:
    """The events of one message. Raises `MalformedBody` or `BodyTooLarge`."""
    [media_type, *_] = terms.message.header("content-type") or [b""]
    if media_type.partition(b";")[0].strip().lower() == BATCH.encode():
        return decode_batch(value, terms)
    if is_binary(terms.message):
        headers = list(map(_as_over_http, terms.message.headers))
        return decode_binary(value, replace(terms, message=replace(terms.message, headers=headers)))
    return decode_structured(value, terms)


def is_binary(message: Message) -> bool:
    return any(name.lower() == b"ce_specversion" for name, _ in message.headers)


def _as_over_http(header: Header) -> Header:
    """There the names have a hyphen, and the values are percent-encoded."""
    name, value = header
    if not name.lower().startswith(_PREFIX):
        return header
    return b"ce-" + name[len(_PREFIX) :], quote_from_bytes(value).encode()
