"""`make bench`: measure, print a table, and write `build/bench.json`. Each part runs in a process of its own.

`python -m tests.bench PART --option value` runs one part, and prints its figures as JSON; the options are the arguments
of its `run`. With `--runs 3`, of a part or of all, each figure is the one in the middle. `enduring`, which takes ten
minutes, runs only when it is asked for.

The machine matters: read ratios from one run, and quote medians of several.
"""

import argparse
import inspect
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench import (
    auditing,
    checking,
    emitting,
    growing,
    identifiers,
    ingest,
    judging,
    latency,
    paging,
    queueing,
    ruling,
    spooling,
    steady,
    workflows,
)

RESULT = Path("build/bench.json")

Figures = dict[str, float]
PARTS: Mapping[str, Callable[..., Figures]] = {
    "ingest": ingest.run,
    "spooling": spooling.run,
    "sdk": emitting.run,
    "judging": judging.run,
    "checking": checking.run,
    "ruling": ruling.run,
    "auditing": auditing.run,
    "queueing": queueing.run,
    "history": growing.run,
    "steady": steady.run,
    "latency": latency.run,
    "pages": paging.run,
    "workflows": workflows.run,
    "ids": identifiers.run,
}
ASKED_FOR: Mapping[str, Callable[..., Figures]] = {"enduring": ingest.enduring}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--runs", type=int, default=1)
    parts = parser.add_subparsers(dest="part")
    for name, run in {**PARTS, **ASKED_FOR}.items():
        _add_options(parts.add_parser(name), run)
    arguments = vars(parser.parse_args())
    runs, name = arguments.pop("runs"), arguments.pop("part")
    if name is None:
        _all(runs)
    elif runs > 1:
        options = [word for option, value in arguments.items() for word in (f"--{option}", str(value))]
        print(json.dumps(_medians([name, *options], runs)))
    else:
        print(json.dumps({**PARTS, **ASKED_FOR}[name](**arguments)))


def _add_options(parser: argparse.ArgumentParser, run: Callable[..., Figures]) -> None:
    for option in inspect.signature(run).parameters.values():
        parser.add_argument(f"--{option.name}", type=type(option.default), default=option.default)


def _all(runs: int) -> None:
    figures: Figures = {}
    for part in PARTS:
        print(f"measuring: {part} …", file=sys.stderr)
        figures |= _medians([part], runs)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    for name, value in figures.items():
        print(f"  {name:<44} {_shown(value):>14}")
    print(f"written to {RESULT}")


def _medians(arguments: Sequence[str], runs: int) -> Figures:
    """Of some runs, each in a process of its own."""
    command = [sys.executable, "-m", "tests.bench", *arguments]
    told = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(runs)]
    return {name: statistics.median(it[name] for it in told if name in it) for name in told[-1]}


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3f}"


if __name__ == "__main__":
    main()
