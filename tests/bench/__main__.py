"""`make bench`: measure, print a table, and write `build/bench.json`. Each part runs in a process of its own. Of these,
`python -m tests.bench enduring` takes ten minutes, and runs only when it is asked for.

The machine matters: read ratios from one run, and quote medians of several.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from tests.bench import auditing, checking, emitting, ingest, judging, queueing, ruling, spooling, ticking

FEW, MANY = 100_000, 5_000_000
RESULT = Path("build/bench.json")


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_part(sys.argv[1])))
        return
    figures: dict[str, float] = {}
    for part in ("ingest", "spooling", "sdk", "judging", "checking", "ruling", "auditing", "queueing", "few", "many"):
        print(f"measuring: {part} …", file=sys.stderr)
        done = subprocess.run([sys.executable, "-m", "tests.bench", part], stdout=subprocess.PIPE, check=True)
        figures |= json.loads(done.stdout)
    figures["tick.history_ratio"] = figures["tick.many.p50_s"] / figures["tick.few.p50_s"]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    for name, value in figures.items():
        print(f"  {name:<34} {_shown(value):>14}")
    print(f"written to {RESULT}")


def _part(name: str) -> dict[str, float]:
    match name:
        case "ingest":
            return ingest.run()
        case "enduring":
            return ingest.enduring()
        case "spooling":
            return spooling.run()
        case "sdk":
            return emitting.run()
        case "judging":
            return judging.run()
        case "checking":
            return checking.run()
        case "ruling":
            return ruling.run()
        case "auditing":
            return auditing.run()
        case "queueing":
            return queueing.run()
        case "few" | "many":
            return {f"tick.{name}.{what}": value for what, value in ticking.run(FEW if name == "few" else MANY).items()}
        case _:
            raise SystemExit(f"there is no such part: {name}")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3f}"


if __name__ == "__main__":
    main()
