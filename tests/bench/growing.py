"""A tick with a million events stored, and with fifty, at the same rate of change: its cost should follow the change.

`python -m tests.bench history --events 1000000,10000000,50000000 --keep FOLDER`: what `FOLDER` has is not made anew.

Measured twice: with the parts that inserts and the engine's own merging have left (`left`), and with one part a table
(`merged`).
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.ruleset import rules_of
from tests.bench.filling import LEFT, Made, counted, fill, linked, merge
from tests.bench.measure import apart, peak_megabytes
from tests.bench.rounds import WARMING, Running
from tests.rules.shop import FULFILMENT


def run(
    events: str = "1000000,10000000,50000000",
    changed: str = "10000,1000",
    rounds: int = 20,
    beat: float = 1.0,
    keep: str = "",
) -> dict[str, float]:
    """`events`: how many are stored, in each of the histories; `changed`: orders between two rounds, of which so many
    are measured, `beat` seconds from one to the next."""
    sizes = sorted(_numbers(events))
    course = Course(_numbers(changed), rounds, beat)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="noshow-history-") as folder:
        for size in sizes:
            for parts, make in ((LEFT, fill), ("merged", merge)):
                filled = Path(keep or folder) / str(size) / parts
                if not filled.exists():
                    apart(make, filled, Made(size))
                told = apart(measure, filled, course)
                figures |= {f"history.{_short(size)}.{parts}.{what}": it for what, it in told.items()}
    return figures | _ratios(figures, [_short(size) for size in sizes], course)


@dataclass(frozen=True)
class Course:
    changed: Sequence[int]
    rounds: int
    beat: float


def measure(filled: Path, course: Course) -> dict[str, float]:
    """Of a copy of what is there. To be called in a process of its own: its memory is measured, too."""
    with tempfile.TemporaryDirectory(prefix="noshow-rounds-", dir=filled.parent) as folder:
        bench = Running(linked(filled, Path(folder) / "stores"), rules_of([FULFILMENT]), course.beat)
        told = counted(bench.clickhouse)
        events = bench.events(sum(course.changed) * (WARMING + course.rounds))
        for changed in course.changed:
            figures = bench.rounds(events, changed, course.rounds).figures()
            told |= {f"changed_{_short(changed)}.{what}": it for what, it in figures.items()}
        told |= {f"sweep.{what}": it for what, it in bench.sweep().figures().items()}
        bench.close()
    return {**told, "peak_mb": peak_megabytes()}


def _ratios(figures: Mapping[str, float], sizes: list[str], course: Course) -> dict[str, float]:
    """The largest history against the others, as inserts have left them; without a number: against the least."""
    *others, largest = sizes
    tick = f"{LEFT}.changed_{_short(course.changed[0])}.p50_s"
    ratios = {it: figures[f"history.{largest}.{tick}"] / figures[f"history.{it}.{tick}"] for it in others}
    told = {f"tick.history_ratio_to_{it}": ratio for it, ratio in ratios.items()}
    return told | ({"tick.history_ratio": ratios[others[0]]} if others else {})


def _numbers(told: str) -> list[int]:
    return [int(number) for number in told.split(",")]


def _short(number: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number % size == 0:
            return f"{number // size}{letter}"
    return str(number)
