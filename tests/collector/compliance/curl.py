"""curl as a client."""

import gzip
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.collector.compliance.way import Sample, heard
from tests.collector.listening import Listening

TIME, NANOS = "2025-11-20T12:00:00Z", "1763640000000000000"


@dataclass(frozen=True)
class Curl:
    """`refused`: how many events an answer says were."""

    path: str
    media_type: str
    encode: Callable[[Sequence[Sample]], bytes]
    refused: Callable[[dict[str, Any]], int]

    def send(self, at: Listening, samples: Sequence[Sample], *, packed: bool) -> str:
        body = self.encode(samples)
        more = ["-H", "Content-Encoding: gzip"] if packed else []
        statuses, answer = self._run(at, gzip.compress(body) if packed else body, *more)
        return heard(statuses, self.refused(json.loads(answer)))

    def raw(self, at: Listening, body: bytes) -> str:
        return heard(self._run(at, body)[0], 0)

    def _run(self, at: Listening, body: bytes, *more: str) -> tuple[list[str], bytes]:
        """The statuses, and the body of the last answer. It tries again by itself after what is said to pass."""
        with TemporaryDirectory() as place:
            heads, answer = Path(place) / "heads", Path(place) / "answer"
            command = ["curl", "-sS", "--retry", "2", "-H", "Expect:", "-H", f"Content-Type: {self.media_type}", *more]
            command += ["--data-binary", "@-", "-D", str(heads), "-o", str(answer), f"{at.url}{self.path}"]
            subprocess.run(command, input=body, capture_output=True, timeout=60, check=True)
            return re.findall(r"^HTTP/\S+ (\d+)", heads.read_text(), re.MULTILINE), answer.read_bytes()


def events(samples: Sequence[Sample]) -> list[dict[str, str]]:
    return [{"id": it.id, "correlation_id": it.correlation_id, "name": "A", "time": TIME} for it in samples]


def as_json(samples: Sequence[Sample]) -> bytes:
    made = events(samples)
    return json.dumps(made[0] if len(made) == 1 else made).encode()


def as_lines(samples: Sequence[Sample]) -> bytes:
    return b"\n".join(json.dumps(event).encode() for event in events(samples))


def as_logs(samples: Sequence[Sample]) -> bytes:
    records = [{"eventName": "A", "timeUnixNano": NANOS, "attributes": _attributes(it)} for it in samples]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def as_spans(samples: Sequence[Sample]) -> bytes:
    spans = [
        {"name": "POST", "events": [{"name": "A", "timeUnixNano": NANOS, "attributes": _attributes(it)}]}
        for it in samples
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def rejected(answer: dict[str, Any]) -> int:
    return len(answer["rejected"])


def partial(answer: dict[str, Any]) -> int:
    found = answer.get("partialSuccess", {})
    return int(found.get("rejectedLogRecords", 0)) + int(found.get("rejectedSpans", 0))


def _attributes(sample: Sample) -> list[dict[str, object]]:
    pairs = {"correlation.id": sample.correlation_id, "log.record.uid": sample.id}
    return [{"key": key, "value": {"stringValue": value}} for key, value in pairs.items()]
