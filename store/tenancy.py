"""Who has a data directory open: the lock file, and `server.json`, which says where its server listens."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from store.errors import DataDirectoryError, StoreInUse


class ServerInfo(msgspec.Struct, frozen=True):
    """A server on this data directory. `started_at` is in microseconds since the Unix epoch, UTC."""

    pid: int
    url: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The right to open the embedded stores under `data`, for as long as the block of `occupy` lasts."""

    data: Path

    def announce(self, url: str, started_at: int) -> None:
        """Say where the server listens, once it does."""
        info = ServerInfo(os.getpid(), url, started_at)
        draft = _server_file(self.data).with_suffix(".tmp")
        with _clear_errors(self.data):
            draft.write_bytes(msgspec.json.encode(info))
            draft.replace(_server_file(self.data))


@contextmanager
def occupy(data: Path) -> Iterator[Tenancy]:
    """Create the directory if need be and keep every other process out of it. A kill releases the lock too.

    Raises `StoreInUse` that names who has it, or `DataDirectoryError`.
    """
    with _clear_errors(data):
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(_lock_file(data), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not _locked(descriptor):
            raise StoreInUse(_in_use(data))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        _server_file(data).unlink(missing_ok=True)  # of a server that was killed
        try:
            yield Tenancy(data)
        finally:
            _server_file(data).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def running_server(data: Path) -> ServerInfo | None:
    """The server that has this directory open and listens; `None` if there is none, or only traces of one."""
    info = _announced(data)
    return info if info is not None and _is_held(data) else None


def _locked(descriptor: int) -> bool:
    # `running_server` takes the lock for an instant where a server was killed: hence more than one try.
    for _ in range(5):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _is_held(data: Path) -> bool:
    try:
        with _lock_file(data).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _in_use(data: Path) -> str:
    try:
        pid = _lock_file(data).read_text().strip()
    except OSError:
        pid = ""
    info = _announced(data)
    who = f"process {pid}" if pid else "another process"
    where = f", which serves {info.url}" if info is not None and str(info.pid) == pid else ""
    return f"{data} is in use by {who}{where}. Stop it first, or choose another data directory."


def _announced(data: Path) -> ServerInfo | None:
    try:
        return msgspec.json.decode(_server_file(data).read_bytes(), type=ServerInfo)
    except (OSError, msgspec.DecodeError):
        return None


@contextmanager
def _clear_errors(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataDirectoryError(f"{data} cannot be used as data directory: {error.strerror}") from error


def _lock_file(data: Path) -> Path:
    return data / "lock"


def _server_file(data: Path) -> Path:
    return data / "server.json"
