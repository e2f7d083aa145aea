"""The official SDK of CloudEvents as a client, with a socket of httpx."""

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from cloudevents.core.bindings.http import HTTPMessage, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.collector.compliance.way import Sample, heard
from tests.collector.listening import Listening


@dataclass(frozen=True)
class Sdk:
    """`to`: how events become a message."""

    to: Callable[[Sequence[CloudEvent]], HTTPMessage]

    def send(self, at: Listening, samples: Sequence[Sample], *, packed: bool) -> str:
        message = self.to([_event(sample) for sample in samples])
        headers = {**message.headers, **({"content-encoding": "gzip"} if packed else {})}
        body = gzip.compress(message.body) if packed else message.body
        answers = [_post(at, body, headers)]
        if "retry-after" in answers[0].headers:
            answers.append(_post(at, body, headers))
        return heard([answer.status_code for answer in answers], len(answers[-1].json()["rejected"]))

    def raw(self, at: Listening, body: bytes) -> str:
        return str(_post(at, body, self.to([_event(Sample("e-1"))]).headers).status_code)


def batched(events: Sequence[CloudEvent]) -> HTTPMessage:
    """The SDK has no batches: the events are its own, the brackets are ours."""
    bodies = [json.loads(to_structured_event(event).body) for event in events]
    return HTTPMessage({"content-type": "application/cloudevents-batch+json"}, json.dumps(bodies).encode())


def single(to: Callable[[CloudEvent], HTTPMessage]) -> Callable[[Sequence[CloudEvent]], HTTPMessage]:
    def message(events: Sequence[CloudEvent]) -> HTTPMessage:
        [event] = events
        return to(event)

    return message


def _event(sample: Sample) -> CloudEvent:
    attributes = {
        **{
            "id": sample.id,
            "source": "/shop",
            "type": "A",
            "specversion": "1.0",
            "datacontenttype": "application/json",
        },
        "time": datetime(2025, 11, 20, 12, tzinfo=UTC),
        **({"correlationid": sample.correlation_id} if sample.correlation_id else {}),
    }
    return CloudEvent(attributes=attributes, data={"amount": 12.5})


def _post(at: Listening, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{at.url}/v1/cloudevents", content=body, headers=headers, timeout=60)
