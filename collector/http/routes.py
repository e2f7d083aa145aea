"""The collector over HTTP: events in JSON, NDJSON and OTLP, answered once ClickHouse has them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.errors import CollectorError, WrongType
from collector.http import answer
from collector.http.body import Room, is_packed, media_type, receive, unpack
from collector.http.openapi import EVENTS, LOGS
from collector.intake.intake import Intake
from collector.json.body import decode_json, decode_ndjson
from collector.otlp.logs import decode_logs
from collector.refusals import Refusals
from collector.sender import sender_of
from store.clock import Clock
from store.errors import StoreError
from store.settings import CollectorSettings

Decoder = Callable[[bytes, Acceptance], Batch]

JSON: dict[str, Decoder] = {
    "application/json": decode_json,
    "application/x-ndjson": decode_ndjson,
    "application/ndjson": decode_ndjson,
    "application/jsonl": decode_ndjson,
}
OTLP: dict[str, Decoder] = {answer.PROTOBUF: decode_logs}

BODIES_AT_ONCE = 8  # of the greatest size; smaller ones as many as fit in the same memory
DECODED_AT_ONCE = 4
SMALL = 16 * 1024  # bytes of a body that is decoded on the spot, not in a thread


def create_router(intake: Intake, limits: CollectorSettings, clock: Clock) -> APIRouter:
    """`POST /v1/events` and `POST /v1/logs`. The intake must be started."""
    reception = _Reception(intake, limits, clock)
    router = APIRouter(tags=["collector"])

    @router.post("/v1/events", response_class=Response, openapi_extra=EVENTS, summary="Send events in JSON or NDJSON")
    async def post_events(request: Request) -> Response:
        try:
            return answer.taken(await reception.take(request, JSON))
        except (CollectorError, StoreError) as error:
            return answer.failed(error)

    @router.post("/v1/logs", response_class=Response, openapi_extra=LOGS, summary="Send events as OTLP log records")
    async def post_logs(request: Request) -> Response:
        try:
            return answer.taken_otlp(await reception.take(request, OTLP))
        except WrongType as error:
            return answer.failed(error)
        except (CollectorError, StoreError) as error:
            return answer.failed_otlp(error)

    return router


class _Reception:
    """What all requests share: memory for bodies, threads that decode them, and the way into the store."""

    def __init__(self, intake: Intake, limits: CollectorSettings, clock: Clock) -> None:
        self._intake = intake
        self._limits = limits
        self._clock = clock
        self._refusals = Refusals()
        self._room = Room(BODIES_AT_ONCE * limits.max_body)
        self._decoders = ThreadPoolExecutor(DECODED_AT_ONCE, "noshow-decode")

    async def take(self, request: Request, decoders: dict[str, Decoder]) -> Batch:
        """The events of a request, after they are stored.

        Raises `CollectorError`, or `StoreError` where they were decoded and could not be stored.
        """
        batch, size = await self._read(request, decoders)
        self._refusals.add(batch, self._clock.now())
        await asyncio.wrap_future(self._intake.submit(batch.events, size))
        return batch

    async def _read(self, request: Request, decoders: dict[str, Decoder]) -> tuple[Batch, int]:
        decode = decoders[media_type(request, decoders)]
        packed = is_packed(request)
        with self._room.share() as share:
            body = await receive(request, self._limits.max_body, share)
            terms = Acceptance.at(self._clock.now(), self._limits, source=sender_of(request).source)
            if not packed and len(body) <= SMALL:
                return decode(body, terms), len(body)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._decoders, self._decoded, decode, body, packed, terms)

    def _decoded(self, decode: Decoder, body: bytes, packed: bool, terms: Acceptance) -> tuple[Batch, int]:
        if packed:
            body = unpack(body, self._limits.max_body)
        return decode(body, terms), len(body)
