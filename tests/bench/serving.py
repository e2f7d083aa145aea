"""What can be seen of a running server from outside, while others keep it busy."""

import time
from dataclasses import dataclass, field
from multiprocessing.pool import AsyncResult
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from store.event import SECOND
from tests.bench.measure import percentile
from tests.bench.stream import WORKFLOW, Stream

_LAG, _TICKS = "noshow_evaluator_lag_seconds", "noshow_evaluator_tick_duration_seconds"
_BETWEEN = 2.0  # seconds from one look to the next, and
_LOOKING = 0.1  # while a verdict is waited for
_PATIENCE = 600.0  # seconds for a verdict


@dataclass
class Seen:
    """In seconds: how far the instant that was judged last was behind, and from the placing of an order until anybody
    could read its verdict; of ticks how many took how long at most."""

    lags: list[float] = field(default_factory=list)
    verdicts: list[float] = field(default_factory=list)
    ticks: dict[float, float] = field(default_factory=dict)

    def figures(self) -> dict[str, float]:
        return {
            "verdict.p50_s": percentile(self.verdicts, 0.5),
            "verdict.max_s": max(self.verdicts),
            "verdict.last_s": self.verdicts[-1],
            "lag.p50_s": percentile(self.lags, 0.5),
            "lag.max_s": max(self.lags),
            "tick.p50_s": quantile(self.ticks, 0.5),
            "tick.p95_s": quantile(self.ticks, 0.95),
            "ticks": max(self.ticks.values()),
        }


def watch(client: httpx.Client, stream: Stream, sending: "AsyncResult[Any]") -> Seen:
    """From when on the rate of the stream is reached until all has been sent and the last of its orders is judged."""
    _until(stream.begin + 3 * stream.gap * SECOND)
    seen, before = Seen(), ticks(client)
    while not sending.ready():
        seen.lags.append(_value(client, _LAG))
        seen.verdicts.append(_verdict(client, stream, stream.latest(_now())))
        sending.wait(_BETWEEN)
    seen.verdicts.append(_verdict(client, stream, stream.latest(stream.end)))
    seen.ticks = {bound: count - before.get(bound, 0.0) for bound, count in ticks(client).items()}
    return seen


def ticks(client: httpx.Client) -> dict[float, float]:
    """How many took so many seconds at most."""
    return {float(it.labels["le"]): it.value for it in _samples(client, _TICKS) if it.name.endswith("_bucket")}


def quantile(counts: dict[float, float], share: float) -> float:
    """Of a histogram, as Prometheus reckons it: in a straight line between two bounds."""
    wanted, lower, below = share * max(counts.values()), 0.0, 0.0
    for bound, count in sorted(counts.items()):
        if count >= wanted:
            return lower if bound == float("inf") else lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return lower


def _verdict(client: httpx.Client, stream: Stream, order: int) -> float:
    """Seconds from the placing of an order until its instance can be read."""
    path, give_up = f"/v1/instances/{WORKFLOW}/{stream.order(order)}", time.monotonic() + _PATIENCE
    while client.get(path).status_code != 200:
        assert time.monotonic() < give_up, f"{path} is not judged"
        time.sleep(_LOOKING)
    return (_now() - stream.placed(order)) / SECOND


def _value(client: httpx.Client, name: str) -> float:
    return max((sample.value for sample in _samples(client, name)), default=0.0)


def _samples(client: httpx.Client, name: str) -> list[Any]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return [sample for family in families if family.name == name for sample in family.samples]


def _until(instant: int) -> None:
    time.sleep(max(0, instant - _now()) / SECOND)


def _now() -> int:
    return time.time_ns() // 1_000
