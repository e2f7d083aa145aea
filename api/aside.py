"""What stands beside what a page is about: no page fails or waits long because it is not known."""

from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from api.kept import Kept
from store.errors import StoreError

T = TypeVar("T")

PATIENCE = 1.0  # seconds, while nothing is known
AGAIN = 0.5  # while something is: what is quick to look up is fresh at every look, and of the rest the last is shown


class Aside(Generic[T]):
    """Looked up in a thread of its own. Whoever begins that waits for it a moment; while it lasts, nobody else does."""

    def __init__(self, kept: Kept[T], unknown: T, patience: float = PATIENCE, again: float = AGAIN) -> None:
        self._kept = kept
        self._unknown = self._known = unknown
        self._patience, self._again = patience, again
        self._looking = Lock()

    def get(self) -> T:
        """As it was last known; `unknown` before that, and when it could not be had."""
        if self._looking.acquire(blocking=False):
            seen = Event()
            Thread(target=self._look, args=(seen,), name="noshow-aside", daemon=True).start()
            seen.wait(self._patience if self._known is self._unknown else self._again)
        return self._known

    def _look(self, seen: Event) -> None:
        try:
            self._known = self._kept.get()
        except StoreError:
            self._known = self._unknown
        finally:
            self._looking.release()
            seen.set()
