"""The command line as a user meets it: a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120  # seconds


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


def noshow(*arguments: str | Path, cwd: Path | None = None, environ: dict[str, str] | None = None) -> Result:
    """Run it to its end. Whatever it says, it says without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "noshow", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", **(environ or {})},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Result(done.returncode, done.stdout, done.stderr)
