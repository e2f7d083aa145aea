"""What every way in shares, whatever protocol a request comes by: who may send, memory for bodies, threads that decode
them, and the way into the store."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple, TypeVar, TypeVarTuple

from starlette.requests import Request

from collector.acceptance import Acceptance
from collector.batch import Batch, Decoder
from collector.doubts import Doubts
from collector.errors import BodyTooLarge, CollectorError, MalformedBody, TooFast, Unread
from collector.intake.intake import Intake
from collector.json.body import decode_ndjson
from collector.limits.limiter import Limiter
from collector.lines import Lines
from collector.mapping.message import Message
from collector.packed import unpack
from collector.quarantine.again import decoded
from collector.quarantine.quarantine import NOBODY, Quarantine, provenance_of, unreadable
from collector.recorder import SILENT, Recorder
from collector.refusals import Refusals
from collector.room import Room, Share
from collector.sender import Sender, sender_of
from store.clock import Clock
from store.errors import StoreError
from store.settings import CollectorSettings

A = TypeVarTuple("A")
T = TypeVar("T")

Glance = Callable[[bytes, Acceptance], Lines | None]
"""Whether ClickHouse may read a body by itself."""


class Sent(NamedTuple):
    """A body as it arrived, gzipped or not, and what reads it; `glance`: what is tried before that, if it is large."""

    body: bytes
    packed: bool
    decode: Decoder
    glance: Glance | None = None


Receive = Callable[[Share], Awaitable[Sent]]
"""Waits for the body of a request, and takes memory for it as it comes. Raises `CollectorError`."""

Admit = Callable[[Request], Awaitable[None]]
"""Asked first, before there is a body: it introduces the sender, or raises `NotAdmitted`."""

SOURCE = "source"  # the parameter of the address that says whose the events are that name none
BODIES_AT_ONCE = 8  # of the greatest size; smaller ones as many as fit in the same memory
DECODED_AT_ONCE = 4
FEW = 20  # refused events that are got ready on the spot
SMALL = 16 * 1024  # bytes of a body that is decoded on the spot, not in a thread
GLANCED_AT = 512 * 1024  # bytes of one that is glanced at on the spot


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
        self._doubts = Doubts()
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
        batch = await self._store(batch, size, request)
        self.recorder.stored(batch, sender_of(request))
        return batch

    async def _store(self, batch: Batch, size: int, request: Request) -> Batch:
        """What was taken, after it is stored."""
        now, sender = self._clock.now(), sender_of(request)
        self._limiter.charge(sender, batch.accepted + len(batch.rejected) + batch.ignored, size, now)
        if batch.lines is not None:
            try:
                await asyncio.wrap_future(self._intake.submit_lines(batch.lines))
                return batch
            except Unread as unread:
                if unread.odd:
                    self._doubts.add(sender.name, now)
            batch = await self._in_thread(decode_ndjson, batch.lines.body, batch.lines.terms)
        await self._keep(batch, size, request, now)
        return batch

    async def _keep(self, batch: Batch, size: int, request: Request, now: int) -> None:
        provenance = provenance_of(sender_of(request), self._terms(request)) if batch.rejected else NOBODY
        self._refusals.add(batch, now)
        if len(batch.rejected) <= FEW:
            refused = self._quarantine.rows(batch, provenance, now)
        else:
            refused = await self._in_thread(self._quarantine.rows, batch, provenance, now)
        await asyncio.wrap_future(self._intake.submit(batch.events, size, refused))

    async def _read(self, request: Request, receive: Receive, arrived: Callable[[int], None]) -> tuple[Batch, int]:
        with self._room.share() as share:
            sent = await receive(share)
            began = time.perf_counter()
            terms = self._terms(request)
            arrived(terms.now)
            body = await self._in_thread(unpack, sent.body, self.limits.max_body) if sent.packed else sent.body
            batch = await self._batch(body, sent, terms, sender_of(request))
        self.recorder.decoded(time.perf_counter() - began, len(body))
        return batch, len(body)

    def _terms(self, request: Request) -> Acceptance:
        terms = Acceptance.at(self._clock.now(), self.limits, source=sender_of(request).source)
        return terms.of(request.query_params.get(SOURCE, ""), Message(request.headers.raw))

    async def _batch(self, body: bytes, sent: Sent, terms: Acceptance, sender: Sender) -> Batch:
        """What is in a body: decoded, or lines for ClickHouse to read."""
        if len(body) <= SMALL:
            return decoded(sent.decode, body, terms)
        if sent.glance is not None and self._intake.takes_lines() and not self._doubts.about(sender.name, terms.now):
            at_once = len(body) <= GLANCED_AT
            lines = sent.glance(body, terms) if at_once else await self._in_thread(sent.glance, body, terms)
            if lines is not None:
                return Batch(lines=lines)
        return await self._in_thread(decoded, sent.decode, body, terms)

    async def _in_thread(self, work: Callable[[*A], T], *arguments: *A) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._decoders, work, *arguments)
