import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store.errors import DataDirectoryError, StoreInUse
from store.tenancy import ServerInfo, occupy, running_server

TENANT = """
import sys
from pathlib import Path
from store.tenancy import occupy
with occupy(Path(sys.argv[1])) as tenancy:
    tenancy.announce("http://127.0.0.1:8080", 5)
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    data = tmp_path / "to be" / "made"
    with occupy(data), pytest.raises(StoreInUse) as caught, occupy(data):
        pass
    assert str(caught.value) == (
        f"{data} is in use by process {os.getpid()}. Stop it first, or choose another data directory."
    )
    with occupy(data):
        assert (data / "lock").read_text() == f"{os.getpid()}\n"


def test_other_directories_are_no_concern(tmp_path: Path) -> None:
    with occupy(tmp_path / "a"), occupy(tmp_path / "b"):
        pass


def test_a_server_is_known_while_it_listens(tmp_path: Path) -> None:
    assert running_server(tmp_path) is None
    with occupy(tmp_path) as tenancy:
        assert running_server(tmp_path) is None
        tenancy.announce("http://127.0.0.1:8080", 5)
        assert running_server(tmp_path) == ServerInfo(os.getpid(), "http://127.0.0.1:8080", 5)
        with pytest.raises(StoreInUse, match=r"by process \d+, which serves http://127.0.0.1:8080\."), occupy(tmp_path):
            pass
    assert running_server(tmp_path) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock"]


def test_the_lock_goes_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), occupy(tmp_path) as tenancy:
        tenancy.announce("http://127.0.0.1:8080", 5)
        raise ZeroDivisionError
    with occupy(tmp_path):
        assert running_server(tmp_path) is None


@pytest.mark.processes
def test_a_server_that_was_killed_leaves_traces_and_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TENANT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert running_server(tmp_path) == ServerInfo(process.pid, "http://127.0.0.1:8080", 5)
        with (
            pytest.raises(StoreInUse, match=f"process {process.pid}, which serves http://127.0.0.1:8080"),
            occupy(tmp_path),
        ):
            pass
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "server.json").exists()
    assert running_server(tmp_path) is None
    with occupy(tmp_path):
        assert running_server(tmp_path) is None
        assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff"])
def test_a_server_file_that_makes_no_sense(tmp_path: Path, content: bytes) -> None:
    with occupy(tmp_path):
        (tmp_path / "server.json").write_bytes(content)
        assert running_server(tmp_path) is None


@pytest.mark.parametrize("data", ["file/below", "file", "x" * 300])
def test_a_directory_that_can_not_be(tmp_path: Path, data: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryError, match="cannot be used as data directory: "), occupy(tmp_path / data):
        pass
