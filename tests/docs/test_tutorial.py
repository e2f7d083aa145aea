"""The tutorial does what it says: all its commands, in the order of the page, in one shell against a real server."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Block, blocks
from tests.end_to_end.process import PATIENCE, free_port

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the tutorial asks for curl"),
]

PAGE = blocks(DOCS / "tutorial.md")
COMMANDS = [block for block in PAGE if block.kind == "sh"]
SHOWN = {block: after.text for block, after in pairwise(PAGE) if block.kind == "sh" and after.kind == "text"}
_END = "=== end of block ==="
_HASH = re.compile(r"\b[0-9a-f]{16}\b")  # of a rule's content


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """As a copy of the repository that has been set up; `make` only says what it would do."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def test_every_command_prints_what_is_shown(place: Path) -> None:
    printed = _run(COMMANDS, place)
    assert len(printed) == len(COMMANDS), printed
    for block, got in zip(COMMANDS, printed, strict=True):
        if block in SHOWN:
            assert _masked(got) == _masked(SHOWN[block]), f"{block}:\n{got}"
    assert not (place / "tutorial").exists()


def test_nothing_is_shown_that_no_command_prints() -> None:
    assert len(COMMANDS) + len(SHOWN) == len(PAGE)


def _run(commands: list[Block], place: Path) -> list[str]:
    """What each block of commands prints, in a shell of its own that has no server left in the end."""
    port = free_port()
    script = "".join(f"{block.text}echo; echo '{_END}'\n" for block in commands)
    shell = subprocess.Popen(
        ["bash", "-c", script.replace("8080", str(port))],
        cwd=place,
        env={"PATH": "/usr/bin:/bin", "MAKEFLAGS": "-n", "NOSHOW_PORT": str(port), "NOSHOW_COLLECTOR_GRPC_PORT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with suppress(subprocess.TimeoutExpired):
        shell.wait(PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    return shell.communicate()[0].split(f"{_END}\n")[:-1]


def _masked(text: str) -> str:
    return _HASH.sub("…", text).strip()
