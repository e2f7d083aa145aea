"""What is put around the work of a process, to measure it and, where spans are wanted, to trace it. Instants in µs."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.trace import Tracer

from collector.recorder import SECONDS
from reconcile.notify.delivery import Answer
from reconcile.notify.sender import Deliver
from rules.evaluate.evaluator import Standing, Tick, Ticking
from rules.evaluate.records import Found
from rules.evaluate.work import Spending
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
        self._standing: Standing | None = None
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
        self._work = WorkMeasures(meter)
        self._findings = FindingMeasures(meter)
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

    def ticking(self, lag_at_most: int) -> Callable[[Ticking], Ticking]:
        """What puts measuring around a tick. Judging that is further behind (µs) is told as such, with the reason."""
        self._observe_standing(lag_at_most)

        def around(tick: Ticking) -> Ticking:
            def measured(now: int) -> Tick | None:
                began = time.perf_counter()
                with self._span("tick", {}):
                    done = tick(now)
                if done is not None:
                    self._ticks.record(time.perf_counter() - began)
                    self._judged.add(done.looked_at)
                    self._work.add(done.spent)
                    self._findings.add(done.written.found, self._clock.now())
                    self._standing = done.standing
                return done

            return measured

        return around

    def delivering(self, deliver: Deliver) -> Deliver:
        """The same delivery, measured."""

        def measured(endpoint: Endpoint, message_id: str, payload: str, now: int) -> Answer:
            with self._span("notify", {"message": message_id}):
                answer = deliver(endpoint, message_id, payload, now)
            self._sent.add(1, {"outcome": "delivered" if answer.delivered else "failed"})
            return answer

        return measured

    def _observe_standing(self, lag_at_most: int) -> None:
        def lag(_options: CallbackOptions) -> Iterable[Observation]:
            if self._standing is not None and self._standing.judged_until:
                yield Observation((self._clock.now() - self._standing.judged_until) / SECOND)

        def waiting(_options: CallbackOptions) -> Iterable[Observation]:
            if self._standing is not None:
                yield Observation(self._standing.waiting)

        def behind(_options: CallbackOptions) -> Iterable[Observation]:
            if self._standing is not None:
                is_behind = self._clock.now() - self._standing.judged_until > lag_at_most
                for reason in ("held", "busy"):
                    yield Observation(is_behind and reason == self._standing.reason, {"reason": reason})

        gauge = self._meter.create_observable_gauge
        gauge("noshow.evaluator.lag", [lag], "s", "Between now and the instant up to which everything is judged.")
        gauge("noshow.evaluator.waiting", [waiting], "1", "Correlation IDs found to judge, and not judged yet.")
        gauge("noshow.evaluator.behind", [behind], "1", "1 where judging is behind for this reason.")

    def _span(self, name: str, attributes: Mapping[str, str | int]) -> AbstractContextManager[object]:
        if self._tracer is None:
            return nullcontext()
        return self._tracer.start_as_current_span(name, attributes=attributes)


class WorkMeasures:
    """What the time of ticks goes into, and what that reads, by the kind of work."""

    def __init__(self, meter: Meter) -> None:
        self._took = meter.create_counter("noshow.evaluator.work.seconds", "s", "Time of ticks, by what it was for.")
        self._rows = meter.create_counter("noshow.evaluator.work.rows", "1", "Rows that ClickHouse read for it.")
        self._bytes = meter.create_counter("noshow.evaluator.work.bytes", "By", "Bytes that ClickHouse read for it.")

    def add(self, spending: Spending) -> None:
        for work, spent in spending.items():
            self._took.add(spent.took / SECOND, {"work": work})
            self._rows.add(spent.rows, {"work": work})
            self._bytes.add(spent.bytes, {"work": work})


class FindingMeasures:
    """How long findings took to be found, and how many were late for good reason, which are not in that."""

    def __init__(self, meter: Meter) -> None:
        self._latency = meter.create_histogram(
            "noshow.findings.latency",
            "s",
            "Of findings that were written, from when on they could have been found.",
            explicit_bucket_boundaries_advisory=(*SECONDS, 30.0, 60.0, 300.0, 1_800.0),
        )
        self._left_out = meter.create_counter("noshow.findings.left.out", "1", "Findings late for good reason.")

    def add(self, found: Iterable[Found], now: int) -> None:
        """What was written just `now` (µs UTC)."""
        for it in found:
            if it.delayed_by:
                self._left_out.add(1, {"reason": it.delayed_by})
            else:
                self._latency.record(max(0, now - it.apparent_at) / SECOND, {"workflow": it.workflow})
