"""Server-sent events that say that something has changed, so that pages look again at once.

See https://html.spec.whatwg.org/multipage/server-sent-events.html. What has changed is not said: whoever hears of it
asks for what they show. All that changes is in the audit trail, whose last entry is the mark.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from store.database import Database
from store.errors import StoreUnavailable
from store.tables import audit

BEAT = 1.0  # seconds between two looks, and so at least between two events
QUIET = 15  # beats without an event after which a comment shows that somebody is there
LASTING = 300  # beats after which a listener has to come again, and show who it is
MOST = 500  # listeners; a page without one looks again by itself


class Changes:
    """One look at the database serves all listeners. Of the event loop's thread only, but for `end`."""

    def __init__(self, database: Database, beat: float = BEAT) -> None:
        self._database = database
        self._beat = beat
        self._mark = ""
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.listeners = 0

    async def events(self, heard: str) -> AsyncIterator[str]:
        """As they go over the wire, to a listener who knows of all until the mark `heard`."""
        self._loop = asyncio.get_running_loop()
        self.listeners += 1
        try:
            async for event in self._after(heard):
                yield event
        finally:
            self.listeners -= 1

    def end(self) -> None:
        """Every listener is let go. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ended.set)

    async def _after(self, heard: str) -> AsyncIterator[str]:
        yield f"retry: 2000\nid: {heard}\n\n"
        quiet = 0
        for _ in range(LASTING):
            mark = await self.mark()
            quiet += 1
            if mark != heard:
                yield f"event: changed\nid: {mark}\ndata:\n\n"
                heard, quiet = mark, 0
            elif quiet == QUIET:
                yield ":\n\n"
                quiet = 0
            if await self._ends():
                return

    async def _ends(self) -> bool:
        """Whether it is over within this beat."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self._beat)
        return self._ended.is_set()

    async def mark(self) -> str:
        """The mark as it was half a beat ago or later; the last one known while the database is away."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            if now - self._looked_at >= self._beat / 2:
                with suppress(StoreUnavailable):  # the page itself says so when it looks again
                    self._mark = await run_in_threadpool(self._last)
                self._looked_at = now
            return self._mark

    def _last(self) -> str:
        with self._database.read() as connection:
            return connection.execute(select(func.max(audit.c.id))).scalar_one_or_none() or ""
