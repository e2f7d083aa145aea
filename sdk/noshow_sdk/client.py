"""What a service has of the SDK: events go in, and are sent in the background."""

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import datetime

from noshow_sdk.configuration import Configuration
from noshow_sdk.event import NoEvent, compose
from noshow_sdk.queue import Queue, Stats
from noshow_sdk.sender import Sender
from noshow_sdk.worker import Worker


class Client:
    """Sends the events of one service. Most services have one, which `configure` makes.

    Made before a fork (gunicorn's `preload_app`), it serves in each child: with a queue and a thread of its own.
    """

    def __init__(self, configuration: Configuration) -> None:
        """Raises `ConfigurationError`. Nothing is sent, and no thread started, before there is an event."""
        self._configuration = configuration.completed()
        self._begin()
        atexit.register(self.shutdown)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_in_children(self))

    def emit(
        self,
        name: str,
        attributes: Mapping[str, object] | None = None,
        /,
        *,
        correlation_id: str | None = None,
        event_id: str | None = None,
        occurred_at: datetime | None = None,
        **more: object,
    ) -> str:
        """Send an event by and by, and give its ID: a UUIDv7, or the one that is given.

        Attributes may be written out, `amount=12.5`, or come as a mapping, or both. Two events of a service with the
        same ID are one event, said twice. What is not given is what holds here and now.

        Never waits for the network and never raises. What is wrong with an event is in `stats`; it has no ID then.
        """
        try:
            composed = compose(name, {**(attributes or {}), **more}, correlation_id, event_id, occurred_at)
            worker = self._worker or self._start()
            waiting = self._queue.put(composed)
            if waiting >= self._configuration.batch and not worker.wake.is_set():
                worker.wake.set()
            return composed.event.id
        except Exception as error:
            self._queue.drop(str(error) if isinstance(error, NoEvent) else type(error).__name__)
            return ""

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until the server has answered for all events so far. False: it has not, after so many seconds."""
        if self._worker is None:
            return True
        self._worker.hurry()
        return self._queue.known(self._queue.accepted(), timeout)

    def shutdown(self, timeout: float | None = None) -> bool:
        """Flush, and take no more. At the end of the process this is done by itself, for `exit_timeout` at most."""
        atexit.unregister(self.shutdown)
        done = self.flush(self._configuration.exit_timeout if timeout is None else timeout)
        if self._worker is not None:
            self._worker.stop()
        self._queue.close()
        return done

    def stats(self) -> Stats:
        return self._queue.stats()

    def _begin(self) -> None:
        """As new: in the child of a fork, the queue is the parent's to send, and its lock may be held for ever."""
        self._queue = Queue(self._configuration.waiting)
        self._worker: Worker | None = None
        self._starting = threading.RLock()

    def _start(self) -> Worker:
        with self._starting:
            configured = self._configuration
            worker = Worker(self._queue, Sender(configured), configured.batch, configured.interval)
            thread = threading.Thread(target=worker.run, name="noshow-sdk", daemon=True)
            if self._worker is None:  # a signal handler may have been quicker, in this very thread
                self._worker = worker
                thread.start()
            return self._worker


def _in_children(client: Client) -> Callable[[], None]:
    """What forked processes call, for as long as there is the client."""
    begin = weakref.WeakMethod(client._begin)

    def begin_in_child() -> None:
        if anew := begin():
            anew()

    return begin_in_child
