"""What is measured of a piece of work: wall clock, CPU seconds of this process, and its peak memory."""

import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Took:
    """Seconds."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Took]:
    took = Took()
    wall, cpu = time.perf_counter(), time.process_time()
    yield took
    took.wall, took.cpu = time.perf_counter() - wall, time.process_time() - cpu


def median_of(work: Callable[[], object], runs: int = 3) -> Took:
    """The run in the middle."""
    took = []
    for _ in range(runs):
        with timed() as one:
            work()
        took.append(one)
    return sorted(took, key=lambda it: it.wall)[runs // 2]


def percentile(values: list[float], share: float) -> float:
    """Of one value it is that."""
    return statistics.quantiles(values if values[1:] else values * 2, n=100, method="inclusive")[round(share * 100) - 1]


@contextmanager
def beside(work: Callable[..., T], *arguments: object) -> "Iterator[AsyncResult[T]]":
    """The work, while it is done in a process of its own: which opens stores of its own, and has memory of its own to
    be measured. It ends with the block at the latest."""
    with get_context("spawn").Pool(1) as process:
        yield process.apply_async(work, arguments)


def apart(work: Callable[..., T], *arguments: object) -> T:
    """The result of the work, done `beside`."""
    with beside(work, *arguments) as told:
        return told.get()


def peak_megabytes() -> float:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_megabytes_of_children() -> float:
    """The most memory that any process has had that this one started and waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, of all cores."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_megabytes(pid: int) -> float:
    """What a process has in memory now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak_megabytes_of(pid: int) -> float:
    """The most memory that a process has had so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [peak] = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024
