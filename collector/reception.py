"""What every way in shares, whatever protocol a request comes by: who may send, memory for bodies, threads that decode
them, and the way into the store."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from starlette.requests import Request

from collector.acceptance import Acceptance
from collector.batch import Batch, Decoder
from collector.errors import BodyTooLarge, CollectorError, MalformedBody, TooFast
from collector.intake.intake import Intake
from collector.limits.limiter import Limiter
from collector.mapping.message import Message
from collector.packed import unpack
from collector.quarantine.again import decoded
from collector.quarantine.quarantine import NOBODY, Quarantine, provenance_of, unreadable
from collector.recorder import SILENT, Recorder
from collector.refusals import Refusals
from collector.room import Room, Share
from collector.sender import sender_of
from store.clock import Clock
from store.errors import StoreError
from store.settings import CollectorSettings


class Sent(NamedTuple):
    """A body as it arrived, gzipped or not, and what reads it."""

    body: bytes
    packed: bool
    decode: Decoder


Receive = Callable[[Share], Awaitable[Sent]]
"""Waits for the body of a request, and takes memory for it as it comes. Raises `CollectorError`."""

Admit = Callable[[Request], Awaitable[None]]
"""Asked first, before there is a body: it introduces the sender, or raises `NotAdmitted`."""

BODIES_AT_ONCE = 8  # of the greatest size; smaller ones as many as fit in the same memory
DECODED_AT_ONCE = 4
FEW = 20  # refused events that are got ready on the spot
SMALL = 16 * 1024  # bytes of a body that is decoded on the spot, not in a thread


async def anybody(_request: Request) -> None:
    """Whoever reaches the collector may send."""


class Reception:
    """For use on one event loop. The intake must be started."""

    def __init__(
        self,
        intake: Intake,
        limits: CollectorSettings,
        clock: Clock,
        admit: Admit = anybody,
        recorder: Recorder = SILENT,
    ) -> None:
        self.limits = limits
        self.recorder = recorder
        self._intake = intake
        self._clock = clock
        self._admit = admit
        self._refusals = Refusals()
        self._quarantine = Quarantine(limits.quarantine)
        self._limiter = Limiter(limits.rate, limits.rates)
        self._room = Room(BODIES_AT_ONCE * limits.max_body)
        self._decoders = ThreadPoolExecutor(DECODED_AT_ONCE, "noshow-decode")

    async def take(self, request: Request, receive: Receive) -> Batch:
        """The events of a request, after they are stored.

        Raises `CollectorError`, or `StoreError` where they were decoded and could not be stored.
        """
        await self._admit(request)
        try:
            with self.recorder.receiving(request.headers), self._intake.arriving() as arrived:
                return await self._take(request, receive, arrived)
        except TooFast:
            self.recorder.too_fast(sender_of(request))
            raise

    async def _take(self, request: Request, receive: Receive, arrived: Callable[[int], None]) -> Batch:
        self._limiter.check(sender_of(request), self._clock.now())
        try:
            batch, size = await self._read(request, receive, arrived)
        except MalformedBody as error:
            with suppress(CollectorError, StoreError):  # the sender hears what is wrong with it in any case
                await self._store(unreadable(error, self.limits.max_event), len(error.body), request)
            raise
        except BodyTooLarge:  # it took work all the same
            with suppress(TooFast):
                self._limiter.charge(sender_of(request), 0, self.limits.max_body, self._clock.now())
            raise
        await self._store(batch, size, request)
        self.recorder.stored(batch, sender_of(request))
        return batch

    async def _store(self, batch: Batch, size: int, request: Request) -> None:
        now, sender = self._clock.now(), sender_of(request)
        self._limiter.charge(sender, len(batch.events) + len(batch.rejected) + batch.ignored, size, now)
        provenance = provenance_of(sender, self._terms(request)) if batch.rejected else NOBODY
        self._refusals.add(batch, now)
        if len(batch.rejected) <= FEW:
            refused = self._quarantine.rows(batch, provenance, now)
        else:
            loop = asyncio.get_running_loop()
            refused = await loop.run_in_executor(self._decoders, self._quarantine.rows, batch, provenance, now)
        await asyncio.wrap_future(self._intake.submit(batch.events, size, refused))

    async def _read(self, request: Request, receive: Receive, arrived: Callable[[int], None]) -> tuple[Batch, int]:
        with self._room.share() as share:
            sent = await receive(share)
            began = time.perf_counter()
            terms = self._terms(request)
            arrived(terms.now)
            if not sent.packed and len(sent.body) <= SMALL:
                batch, size = self._decoded(sent, terms)
            else:
                loop = asyncio.get_running_loop()
                batch, size = await loop.run_in_executor(self._decoders, self._decoded, sent, terms)
        self.recorder.decoded(time.perf_counter() - began, size)
        return batch, size

    def _terms(self, request: Request) -> Acceptance:
        terms = Acceptance.at(self._clock.now(), self.limits, source=sender_of(request).source)
        return terms.of(request.query_params.get("source", ""), Message(request.headers.raw))

    def _decoded(self, sent: Sent, terms: Acceptance) -> tuple[Batch, int]:
        body = unpack(sent.body, self.limits.max_body) if sent.packed else sent.body
        return decoded(sent.decode, body, terms), len(body)
