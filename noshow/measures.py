"""What is put around the work of a process, to measure it and, where spans are wanted, to trace it. Instants in µs."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import Tracer

from collector.recorder import SECONDS
from reconcile.notify.delivery import Answer
from reconcile.notify.sender import Deliver
from rules.evaluate.evaluator import Tick, Ticking
from store.clock import Clock
from store.event import SECOND
from store.settings_notify import Endpoint

ROWS = (1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000)


class Measures:
    """`tracer`: `None` where no spans are wanted."""

    def __init__(self, meter: Meter, tracer: Tracer | None, clock: Clock) -> None:
        self._meter = meter
        self._tracer = tracer
        self._clock = clock
        self._judged_at: int | None = None
        self._inserts = meter.create_histogram(
            "noshow.store.insert.duration",
            "s",
            "An insert into ClickHouse, by table and outcome.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._rows = meter.create_histogram(
            "noshow.store.insert.rows",
            "1",
            "Rows of one insert: of `events`, what many requests brought together.",
            explicit_bucket_boundaries_advisory=ROWS,
        )
        self._ticks = meter.create_histogram(
            "noshow.evaluator.tick.duration", "s", "One tick.", explicit_bucket_boundaries_advisory=SECONDS
        )
        self._judged = meter.create_counter("noshow.evaluator.judged", "1", "Correlation IDs that were looked at.")
        self._sent = meter.create_counter(
            "noshow.notifications.attempts", "1", "Attempts to deliver a notification, by outcome."
        )

    @contextmanager
    def inserting(self, table: str, rows: int) -> Iterator[None]:
        """Around an insert of so many rows."""
        outcome = "failed"
        began = time.perf_counter()
        try:
            with self._span("insert", {"table": table, "rows": rows}):
                yield
            outcome = "stored"
        finally:
            self._inserts.record(time.perf_counter() - began, {"table": table, "outcome": outcome})
            self._rows.record(rows, {"table": table})

    def ticking(self, tick: Ticking) -> Ticking:
        """The same tick, measured."""
        self._meter.create_observable_gauge(
            "noshow.evaluator.lag",
            [self._lag],
            "s",
            "Between now and the instant that was judged last: overlap, what holds it back, and the time of a tick.",
        )

        def measured(now: int) -> Tick | None:
            began = time.perf_counter()
            with self._span("tick", {}):
                done = tick(now)
            if done is not None:
                self._ticks.record(time.perf_counter() - began)
                self._judged.add(done.looked_at)
                self._judged_at = done.as_of
            return done

        return measured

    def delivering(self, deliver: Deliver) -> Deliver:
        """The same delivery, measured."""

        def measured(endpoint: Endpoint, message_id: str, payload: str, now: int) -> Answer:
            with self._span("notify", {"message": message_id}):
                answer = deliver(endpoint, message_id, payload, now)
            self._sent.add(1, {"outcome": "delivered" if answer.delivered else "failed"})
            return answer

        return measured

    def _lag(self, _options: CallbackOptions) -> Iterable[Observation]:
        if self._judged_at is not None:
            yield Observation((self._clock.now() - self._judged_at) / SECOND)

    def _span(self, name: str, attributes: Mapping[str, str | int]) -> AbstractContextManager[object]:
        if self._tracer is None:
            return nullcontext()
        return self._tracer.start_as_current_span(name, attributes=attributes)
