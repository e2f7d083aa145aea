"""The threads of a process beside its server."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

log = logging.getLogger(__name__)


class Crew:
    """The loops beside the server. If one of them ends by itself, everything ends: half a Noshow is none."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.lost = ""
        self._threads: list[threading.Thread] = []
        self._server: uvicorn.Server | None = None

    def add(self, name: str, loop: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=self._guard, args=(name, loop), name=name, daemon=True))

    @contextmanager
    def working(self, server: uvicorn.Server) -> Iterator[None]:
        self._server = server
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in self._threads:
                thread.join()

    def _guard(self, name: str, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception:
            log.exception("%s: a fault that cannot be mended", name)
        if not self.stop.is_set():
            self.lost = self.lost or name
            if self._server is not None:
                self._server.should_exit = True
