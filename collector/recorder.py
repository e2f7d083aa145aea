"""What the collector tells of itself: instruments and spans of OpenTelemetry, and what is recorded with them.

A request is a handful of records however many events it has. Names that senders choose are bounded by the meter.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.metrics import Meter, NoOpMeterProvider
from opentelemetry.trace import Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from collector.batch import Batch
from collector.sender import Sender

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of histograms of how long something took."""

_W3C = TraceContextTextMapPropagator()

# The parts of an event that can be to blame; everything else is named by senders, and is of its attributes.
_FIELDS = frozenset(("correlation_id", "name", "time", "source", "id", "causation_id", "trace_id", "span_id"))
_WHOLE = "event"


class Recorder:
    """`tracer`: `None` where no spans are wanted."""

    def __init__(self, meter: Meter, tracer: Tracer | None = None) -> None:
        self._tracer = tracer
        self._answers = meter.create_histogram(
            "noshow.ingest.request.duration",
            "s",
            "From the head of a request to its answer, by the way it came and by status.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._decoding = meter.create_histogram(
            "noshow.ingest.decode.duration",
            "s",
            "Unpacking and decoding a body, waiting for a thread included.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._bytes = meter.create_counter("noshow.ingest.bytes", "By", "Bodies that were decoded, unpacked.")
        self._accepted = meter.create_counter("noshow.ingest.events.accepted", "1", "Acknowledged events, by source.")
        self._refused = meter.create_counter(
            "noshow.ingest.events.refused", "1", "Events that were not taken, by sender and by what was wrong."
        )
        self._ignored = meter.create_counter(
            "noshow.ingest.records.ignored", "1", "Log records and spans that are no business events, by sender."
        )
        self._too_fast = meter.create_counter(
            "noshow.ingest.rate.limited", "1", "Requests that had to wait because their sender was too fast."
        )

    def receiving(self, headers: Mapping[str, str]) -> AbstractContextManager[object]:
        """Around all that is done with a request: a span, within that of the request or else of its sender."""
        if self._tracer is None:
            return nullcontext()
        within = None if get_current_span().get_span_context().is_valid else _W3C.extract(headers)
        return self._tracer.start_as_current_span("receive events", within)

    def answered(self, way: str, status: int, seconds: float) -> None:
        """`way`: the path of HTTP or the service of gRPC; `status` as HTTP has it."""
        self._answers.record(seconds, {"way": way, "status": status})

    def decoded(self, seconds: float, size: int) -> None:
        self._decoding.record(seconds)
        self._bytes.add(size)

    def stored(self, batch: Batch, sender: Sender) -> None:
        """The answer of this request is that its events are stored, and what was refused or left out."""
        for source, count in batch.sources.items():
            self._accepted.add(count, {"source": source})
        for reason, count in Counter(_reason(one.field) for one in batch.rejected).items():
            self._refused.add(count, {"sender": sender.token, "reason": reason})
        if batch.ignored:
            self._ignored.add(batch.ignored, {"sender": sender.token})

    def too_fast(self, sender: Sender) -> None:
        self._too_fast.add(1, {"sender": sender.token})


def _reason(field: str) -> str:
    """One of a few."""
    if field in _FIELDS:
        return field
    return "attributes" if field else _WHOLE


SILENT = Recorder(NoOpMeterProvider().get_meter("noshow"))
"""Records nothing."""
