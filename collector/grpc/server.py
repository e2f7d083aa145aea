"""OTLP over gRPC, on a port of its own: received as requests over HTTP are, and answered once the events are stored.

A method is served as if its caller might stream, which on the wire is the same: so who calls is asked before the
message is read. Messages come as they were sent, gzipped or not: gRPC itself would inflate them without any bound.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import grpc
from google.protobuf.message import Message
from starlette.types import ASGIApp

from collector.batch import Batch, Decoder
from collector.errors import CollectorError, Incomplete, MalformedBody
from collector.failure import Failure, failure
from collector.grpc.call import Place, request_of
from collector.otlp import answer
from collector.otlp.logs import decode_logs
from collector.otlp.traces import decode_traces
from collector.packed import GZIP
from collector.reception import Receive, Reception, Sent
from collector.room import Share
from store.errors import StoreError

log = logging.getLogger(__name__)

READ_TIMEOUT = 60.0  # seconds that a message may take to arrive
AT_ONCE = 32  # calls of one connection; more wait at the sender
GRACE = 10.0  # seconds that calls under way get at the end

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class PortTaken(CollectorError):
    """Somebody else listens there, or nobody may."""


class Method(NamedTuple):
    """What one method of a service does with the bytes of its message, and what it answers."""

    decode: Decoder
    answer: Callable[[Batch], Message]


METHODS: Mapping[str, Method] = {
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Method(decode_logs, answer.of_logs),
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Method(decode_traces, answer.of_traces),
}


class Tls(NamedTuple):
    """`certified`: whoever shows no certificate that is trusted gets no connection."""

    credentials: grpc.ServerCredentials
    certified: bool


class GrpcServer:
    """For use on the event loop of the reception. `app` is what the calls are made to; without `tls` they are plain."""

    def __init__(self, reception: Reception, app: ASGIApp, host: str, port: int, tls: Tls | None = None) -> None:
        self._reception = reception
        self._tls = tls
        self._place = Place(host, port, app, tls is not None, tls is not None and tls.certified)
        self._server: grpc.aio.Server | None = None

    async def start(self) -> int:
        """The port it listens on. Raises `PortTaken`."""
        self._server = grpc.aio.server(options=self._options())
        self._server.add_generic_rpc_handlers((_Handlers(self._answer),))
        host, port = self._place.host, self._place.port
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            port = self._listen(self._server, address)
        except RuntimeError:
            raise PortTaken(f"cannot listen on {host} port {port} for OTLP over gRPC: is the port in use?") from None
        self._place = self._place._replace(port=port)
        await self._server.start()
        return port

    async def stop(self) -> None:
        """Take no more calls, and wait for those under way."""
        if self._server is not None:
            await self._server.stop(GRACE)

    def _listen(self, server: grpc.aio.Server, address: str) -> int:
        if self._tls is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, self._tls.credentials)

    def _options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.so_reuseport", 0),  # or two of us would share the port, each with half of the calls
            ("grpc.max_receive_message_length", self._reception.limits.max_body),
            ("grpc.per_message_decompression", 0),
            ("grpc.compression_enabled_algorithms_bitset", 0b101),  # none and gzip
            ("grpc.max_concurrent_streams", AT_ONCE),
        ]

    async def _answer(self, path: str, messages: AsyncIterator[bytes], context: Context) -> bytes:
        began = time.perf_counter()
        method = METHODS[path]
        request = request_of(path, context.invocation_metadata() or (), context.peer(), self._place)
        try:
            batch = await self._reception.take(request, _body(messages, method.decode))
            reply = method.answer(batch).SerializeToString()
            self._record(path, 200, began)
            return reply
        except (CollectorError, StoreError) as error:
            failed = failure(error)
        except Exception as error:
            log.exception("%s", path)
            failed = failure(error)
        self._record(path, failed.status, began)
        return await _fail(context, failed)

    def _record(self, path: str, status: int, began: float) -> None:
        self._reception.recorder.answered(path, status, time.perf_counter() - began)


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, answer: Callable[[str, AsyncIterator[bytes], Context], Any]) -> None:
        self._answer = answer

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """`None` where there is no such method."""
        path = details.method
        if path not in METHODS:
            return None

        async def answer(messages: AsyncIterator[bytes], context: Context) -> bytes:
            reply: bytes = await self._answer(path, messages, context)
            return reply

        return grpc.stream_unary_rpc_method_handler(answer)


def _body(messages: AsyncIterator[bytes], decode: Decoder) -> Receive:
    async def arrive(share: Share) -> Sent:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                message = await anext(messages)
        except StopAsyncIteration:
            raise MalformedBody("there is no message in the call") from None
        except TimeoutError:
            raise Incomplete(f"the message did not arrive within {READ_TIMEOUT:.0f} s") from None
        share.take(len(message))
        return Sent(message, message.startswith(GZIP), decode)

    return arrive


async def _fail(context: Context, failed: Failure) -> bytes:
    """End the call with its Status, and the delay where it is worth trying again. Raises what gRPC wants raised."""
    status = answer.status(failed)
    details: list[tuple[str, str | bytes]] = [("grpc-status-details-bin", status.SerializeToString())]
    if failed.retry_after:
        # Where exporters in Python look for it.
        details.append(("google.rpc.retryinfo-bin", answer.retry_info(failed).SerializeToString()))
    await context.abort(_CODES[status.code], status.message, tuple(details))


_CODES: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
