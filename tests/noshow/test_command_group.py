"""A command loads what it needs, and not what the others need."""

import subprocess
import sys

import pytest

from noshow.cli import COMMANDS

SERVER = {"fastapi", "uvicorn"}


@pytest.mark.parametrize("command", ["cases", "check", "events", "rules", "silences"])
def test_what_is_no_server_loads_none(command: str) -> None:
    module, _, _ = COMMANDS[command].partition(":")
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert not SERVER & set(told.stdout.split())


def test_an_unknown_command_is_wrong_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "noshow", "chek"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such command 'chek'" in done.stderr
