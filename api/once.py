"""`Idempotency-Key` on what is sent to `/v1`: the same key, the same answer, done once."""

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import idempotency
from api.access.guard import viewer_of_request
from api.context import Context, of_request
from api.errors import AWAY, RETRY_AFTER
from api.idempotency import Answer, Asked
from api.problem import ApiError, Fault, fault_problem
from store.database import Database, also
from store.errors import StoreUnavailable

log = logging.getLogger(__name__)

HEADER = "idempotency-key"
REPLAYED = "Idempotent-Replayed"
NOT_KEPT = frozenset({"content-length", "date", "server"})

_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?', re.ASCII)


class Once:
    """ASGI middleware. What was refused or failed is not kept: as far as nothing was changed, it may be asked again."""

    def __init__(self, app: ASGIApp, most_body: int) -> None:
        self.app = app
        self._most_body = most_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive) if scope["type"] == "http" else None
        if request is None or request.method != "POST" or HEADER not in request.headers or not _is_ours(request):
            await self.app(scope, receive, send)
            return
        try:
            asked, sent = await self._asked(request)
            here = await of_request(request)
            before = await run_in_threadpool(idempotency.claim, here.database, asked, here.clock.now())
        except ApiError as error:
            await fault_problem(error.status, error.detail, error.faults, error.headers)(scope, receive, send)
            return
        except StoreUnavailable as error:
            log.warning("%s %s: %s", request.method, request.url.path, error)
            await fault_problem(503, AWAY, headers=RETRY_AFTER)(scope, receive, send)
            return
        if before is not None:
            await _replay(before, send)
        else:
            await self._do(here, asked, Passed(scope, sent.receive, send))

    async def _asked(self, request: Request) -> tuple[Asked, "Sent"]:
        """Raises `ApiError`, also where it is nobody's."""
        found = _KEY.fullmatch(request.headers[HEADER])
        if found is None or len(request.headers.getlist(HEADER)) > 1:
            raise ApiError(400, "This can't be done.", [Fault("Idempotency-Key", "is not 1 to 255 visible letters")])
        sent = Sent(await _body(request, self._most_body))
        viewer = await viewer_of_request(Request(request.scope, sent.receive))
        actor = viewer.identity.actor
        address = f"{request.url.path}?{request.url.query}"
        parts = (request.method, address, request.headers.get("content-type", ""))
        digest = hashlib.sha256("\0".join(parts).encode() + b"\0" + sent.body).hexdigest()
        return Asked(f"{actor.kind}:{actor.name}", found[1], digest, secrets.token_hex(8)), Sent(sent.body)

    async def _do(self, here: Context, asked: Asked, passed: "Passed") -> None:
        """What is answered is kept before it is sent: whoever has read it gets the same again."""
        token = also.set(idempotency.changing(asked, here.clock.now()))
        try:
            await self.app(passed.scope, passed.receive, passed.keep)
        finally:
            also.reset(token)
        try:
            await run_in_threadpool(_settle, here.database, asked, passed.answer)
        except StoreUnavailable as error:  # it is done all the same; who asks again is told that the answer is lost
            log.warning("%s: the answer could not be kept: %s", passed.scope["path"], error)
        for message in passed.messages:
            await passed.send(message)


@dataclass
class Sent:
    """A body that was read already, for whoever reads it next."""

    body: bytes
    read: bool = False

    async def receive(self) -> Message:
        if self.read:
            return {"type": "http.disconnect"}
        self.read = True
        return {"type": "http.request", "body": self.body, "more_body": False}


@dataclass
class Passed:
    """A request on its way through, and the answer held back."""

    scope: Scope
    receive: Receive
    send: Send
    messages: list[Message] = field(default_factory=list)

    async def keep(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def answer(self) -> Answer:
        start = next(it for it in self.messages if it["type"] == "http.response.start")
        body = b"".join(it.get("body", b"") for it in self.messages if it["type"] == "http.response.body")
        headers = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
        return Answer(start["status"], {name: value for name, value in headers if name not in NOT_KEPT}, body)


def _settle(database: Database, asked: Asked, answer: Answer) -> None:
    """A refusal that changed nothing leaves the key free."""
    if answer.status < 400 or not idempotency.release(database, asked):
        idempotency.finish(database, asked, answer)


def _is_ours(request: Request) -> bool:
    return request.url.path.startswith("/v1/")


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise ApiError(413, f"Expected at most {most:,} bytes.")
    return bytes(body)


async def _replay(answer: Answer, send: Send) -> None:
    given = {**answer.headers, REPLAYED: "true", "content-length": str(len(answer.body))}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
