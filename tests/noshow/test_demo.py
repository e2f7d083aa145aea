"""`noshow demo` as a process: flags appear, owners are told, and nothing is left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.process import PATIENCE, free_port


def _until_flagged(url: str, demo: "subprocess.Popen[bytes]") -> None:
    for _ in range(PATIENCE * 2):
        assert demo.poll() is None
        try:
            if httpx.get(f"{url}/v1/cases").json()["items"]:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError("nothing was flagged")


@pytest.mark.processes
@pytest.mark.parametrize("keeps", [False, True])
def test_the_demo_flags_tells_and_tidies_up(tmp_path: Path, keeps: bool) -> None:
    port, kept = free_port(), tmp_path / "kept"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "noshow", "demo", "--no-browser", "--port", str(port)]
    command += ["--keep", str(kept)] if keeps else []
    with (tmp_path / "out").open("w+b") as out:
        demo = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(temporary)},
            start_new_session=True,
        )
        try:
            _until_flagged(f"http://127.0.0.1:{port}", demo)
            _until_told(tmp_path / "out")
            os.killpg(demo.pid, signal.SIGINT)  # as Ctrl-C does
            assert demo.wait(PATIENCE) == 0
        finally:
            demo.kill()
            demo.wait()
    said = (tmp_path / "out").read_text()
    assert f"The dashboard: http://127.0.0.1:{port}" in said
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    assert kept.exists() == keeps
    assert (kept / "data" / "noshow.sqlite").exists() == keeps


def _until_told(out: Path) -> None:
    for _ in range(PATIENCE * 2):
        if re.search(r"^(payments|warehouse|compliance) +.*flagged", out.read_text(), re.MULTILINE):
            return
        time.sleep(0.5)
    raise AssertionError(out.read_text())


def test_a_directory_that_is_there_already_is_not_written_into(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "noshow", "demo", "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is there already" in done.stderr
