"""A number beside what a page is about: no page fails or waits long because it is not known."""

from threading import Event, Lock, Thread

from api.overview import Kept
from store.errors import StoreError

PATIENCE = 1.0  # seconds


class Aside:
    """Looked up in a thread of its own. Whoever begins that waits for it a moment; while it lasts, nobody else does."""

    def __init__(self, kept: Kept[int], patience: float = PATIENCE) -> None:
        self._kept = kept
        self._patience = patience
        self._known = 0
        self._looking = Lock()

    def get(self) -> int:
        """As it was last known; 0 before that."""
        if self._looking.acquire(blocking=False):
            seen = Event()
            Thread(target=self._look, args=(seen,), name="noshow-aside", daemon=True).start()
            seen.wait(self._patience)
        return self._known

    def _look(self, seen: Event) -> None:
        try:
            self._known = self._kept.get()
        except StoreError:
            self._known = 0
        finally:
            self._looking.release()
            seen.set()
