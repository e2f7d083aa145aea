"""A way between processes of this machine that can be cut: a real socket before another one."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_AT_ONCE = 1 << 16  # bytes


class Cable:
    """Leads to a port. While it is cut nobody answers, and what was connected is broken off.

    `lost`: so many connections, the first, are broken off when the other end answers, which nobody hears.
    """

    def __init__(self, port: int, lost: int = 0) -> None:
        self._to = port
        self._lost = lost
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listening: socket.socket | None = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._listen(self._listening)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        with self._lock:
            ends = [*self._ends] if self._listening is None else [self._listening, *self._ends]
            self._listening = None
            self._ends.clear()
        for it in ends:
            _end(it)

    def mend(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._listen(self._listening)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def _listen(self, listening: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):  # it was cut
            while True:
                here, _ = listening.accept()
                try:
                    self._connect(listening, here, socket.create_connection(("127.0.0.1", self._to)))
                except OSError:  # nobody is at the other end
                    _end(here)

    def _connect(self, listening: socket.socket, here: socket.socket, there: socket.socket) -> None:
        with self._lock:
            if self._listening is not listening:
                _end(here)
                _end(there)
                return
            self._ends |= {here, there}
            back = self._lose if self._lost > 0 else self._carry
            self._lost -= 1
        for carry, way in ((self._carry, (here, there)), (back, (there, here))):
            threading.Thread(target=carry, args=way, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(_AT_ONCE):
                target.sendall(content)
        self._break(source, target)

    def _lose(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            source.recv(1)
        self._break(source, target)

    def _break(self, source: socket.socket, target: socket.socket) -> None:
        for it in (source, target):
            _end(it)
        with self._lock:
            self._ends -= {source, target}


def _end(it: socket.socket) -> None:
    """Whoever waits for it is woken, which closing it alone would not do."""
    with suppress(OSError):
        it.shutdown(socket.SHUT_RDWR)
    it.close()
