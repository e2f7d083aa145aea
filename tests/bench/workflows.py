"""One workflow, ten and a hundred over the same orders: what more of them cost a tick.

`python -m tests.bench workflows --counts 1,10,100 --events 1000000 --keep FOLDER`

Of ten workflows two are begun by an order, and judge each of them by steps and deadlines of their own. The others begin
with events of their own, which do not come; half of these have a step that the orders know.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rules.ruleset import Rule, rules_of
from rules.spec import Step, Workflow
from store.event import HOUR
from tests.bench.filling import LEFT, Made, fill, linked
from tests.bench.measure import apart, peak_megabytes
from tests.bench.rounds import WARMING, Running
from tests.rules.shop import FULFILMENT, named


def run(
    counts: str = "1,10,100",
    events: int = 1_000_000,
    changed: int = 10_000,
    rounds: int = 10,
    beat: float = 1.0,
    keep: str = "",
) -> dict[str, float]:
    """`events` are stored; `changed` orders between two rounds, `beat` seconds from one to the next."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="noshow-workflows-") as folder:
        for count in map(int, counts.split(",")):
            filled, rules = Path(keep or folder) / f"{events}-by-{count}" / LEFT, rules_of(several(count))
            if not filled.exists():
                apart(fill, filled, Made(events, rules))
            told = apart(measure, filled, rules, changed, rounds, beat)
            figures |= {f"workflows.{count}.{what}": it for what, it in told.items()}
    return figures


def several(count: int) -> Sequence[Workflow]:
    """The first is the shop's."""
    return [FULFILMENT, *(_other(number) for number in range(1, count))]


def _other(number: int) -> Workflow:
    if number % 10 < 2:
        steps = tuple(replace(step, within=step.within and step.within + number * HOUR) for step in FULFILMENT.steps)
        return replace(FULFILMENT, name=f"order-{number}", steps=steps)
    shared = "PaymentReceived" if number % 2 else f"Paid{number}"
    steps = (Step("payment", named(shared), within=HOUR), Step("end", named(f"Ended{number}"), within=2 * HOUR))
    return Workflow(f"claim-{number}", named(f"Claimed{number}"), steps)


def measure(filled: Path, rules: Sequence[Rule], changed: int, rounds: int, beat: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="noshow-rounds-", dir=filled.parent) as folder:
        running = Running(linked(filled, Path(folder) / "stores"), tuple(rules), beat)
        events = running.events(changed * (WARMING + rounds))
        told = running.rounds(events, changed, rounds).figures()
        running.close()
    return {**told, "peak_mb": peak_megabytes()}
