"""The stories beside the rules, played by a process of their own: the engine in the server's is that of the stores.

Run as `python -m noshow.playing`, with paths of files as a JSON list on stdin, it writes what came of each to stdout.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

import msgspec

from noshow.testing import played
from rules.live.player import CannotPlay
from rules.story.result import Result, results

_COMMAND = (sys.executable, "-m", "noshow.playing")
_LOOK = 0.2  # seconds between looks whether to stop
_LOOKS = 1500  # five minutes
_COURTESY = 10  # of `nice`: judging comes first
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")  # no secrets


def apart(files: Sequence[Path], stop: Event) -> list[Result]:
    """What came of each file. Raises CannotPlay, also when `stop` is set meanwhile."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    pipe = subprocess.PIPE
    with subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
        try:
            told, trouble = _awaited(process, msgspec.json.encode([str(file) for file in files]), stop)
        finally:
            process.kill()
    if process.returncode:
        last = trouble.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        raise CannotPlay(f"the process that played them ended with {process.returncode}: {last}")
    return msgspec.json.decode(told, type=list[Result])


def _awaited(process: subprocess.Popen[bytes], given: bytes, stop: Event) -> tuple[bytes, bytes]:
    left: bytes | None = given
    for _ in range(_LOOKS):
        try:
            return process.communicate(left, timeout=_LOOK)
        except subprocess.TimeoutExpired:
            left = None  # what is left of it is sent all the same
            if stop.is_set():
                raise CannotPlay("the server stops") from None
    raise CannotPlay("it took too long")


def main() -> None:
    os.nice(_COURTESY)
    with suppress(OSError):  # where there is such a thing: if memory runs out, the server is not the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    files = msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])
    sys.stdout.buffer.write(msgspec.json.encode(list(results([Path(file) for file in files], played))))


if __name__ == "__main__":
    main()
