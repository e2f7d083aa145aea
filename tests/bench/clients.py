"""Clients on the same cores: some connections that send requests one after the other, as fast as they are answered or
at a given rate."""

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Answers:
    """Seconds until each answer, and the seconds that all took together."""

    latencies: list[float] = field(default_factory=list)
    wall: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.wall


@dataclass(frozen=True)
class Target:
    port: int
    path: str
    kind: str  # Content-Type


def send(target: Target, bodies: Sequence[bytes], connections: int, rate: float | None = None) -> Answers:
    """All of them. With a `rate` (requests a second) each has its instant, and its latency counts from there, whether
    or not a connection was free: a server that stalls is not spared the requests that it would have got meanwhile."""
    answers = Answers()
    places = count()
    begin = time.perf_counter()
    threads = [
        threading.Thread(target=_connection, args=(target, bodies, places, answers, rate and (begin, 1 / rate)))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.wall = time.perf_counter() - begin
    assert len(answers.latencies) == len(bodies)
    return answers


def _connection(
    target: Target, bodies: Sequence[bytes], places: "count[int]", answers: Answers, pace: tuple[float, float] | None
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    for place in places:
        if place >= len(bodies):
            break
        body = bodies[place]
        due = time.perf_counter()
        if pace is not None:
            due = pace[0] + place * pace[1]
            time.sleep(max(0.0, due - time.perf_counter()))
        connection.request("POST", target.path, body, {"Content-Type": target.kind})
        response = connection.getresponse()
        text = response.read()
        assert response.status == 200, text
        answers.latencies.append(time.perf_counter() - due)
    connection.close()
