"""The collector over HTTP: events in JSON, NDJSON, CloudEvents and OTLP, answered once ClickHouse has them."""

import logging
from collections.abc import Callable, Collection, Mapping

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response

from collector.batch import Batch, Decoder
from collector.cloudevents import body as cloudevents
from collector.cloudevents.body import decode_batch, decode_binary, decode_structured
from collector.errors import CollectorError, WrongQuery
from collector.http import answer
from collector.http.app import Handler
from collector.http.body import is_packed, media_type, receive
from collector.json.body import decode_json, decode_ndjson
from collector.json.lines import plain_lines
from collector.otlp import answer as otlp
from collector.otlp.json import decode_logs_json, decode_traces_json
from collector.otlp.logs import decode_logs
from collector.otlp.traces import decode_traces
from collector.reception import SOURCE, Receive, Reception, Sent
from collector.room import Share
from store.errors import StoreError

log = logging.getLogger(__name__)

JSON: Mapping[str, Decoder] = {
    "application/json": decode_json,
    "application/x-ndjson": decode_ndjson,
    "application/ndjson": decode_ndjson,
    "application/jsonl": decode_ndjson,
}
CE_VERSION = "ce-specversion"
OTLP_LOGS: Mapping[str, Decoder] = {answer.PROTOBUF: decode_logs, answer.JSON: decode_logs_json}
OTLP_TRACES: Mapping[str, Decoder] = {answer.PROTOBUF: decode_traces, answer.JSON: decode_traces_json}


CLOUDEVENTS: Mapping[str, Decoder] = {cloudevents.ONE: decode_structured, cloudevents.BATCH: decode_batch}


def handlers(reception: Reception) -> dict[str, Handler]:
    """What answers `POST`, by path."""

    async def events(request: Request) -> Response:
        return await _plain(reception, request, {**JSON, **CLOUDEVENTS}, [SOURCE])

    async def cloud_events(request: Request) -> Response:
        return await _plain(reception, request, CLOUDEVENTS)

    async def logs(request: Request) -> Response:
        return await _otlp(reception, request, OTLP_LOGS, otlp.of_logs)

    async def traces(request: Request) -> Response:
        return await _otlp(reception, request, OTLP_TRACES, otlp.of_traces)

    return {"/v1/events": events, "/v1/cloudevents": cloud_events, "/v1/logs": logs, "/v1/traces": traces}


async def _plain(
    reception: Reception, request: Request, decoders: Mapping[str, Decoder], known: Collection[str] | None = None
) -> Response:
    """`known`: the parameters that its address may have; webhooks bring what their senders please."""
    try:
        return answer.taken(await reception.take(request, _body(request, decoders, reception, known)))
    except (CollectorError, StoreError) as error:
        return answer.failed(error)


async def _otlp(
    reception: Reception, request: Request, decoders: Mapping[str, Decoder], taken: Callable[[Batch], Message]
) -> Response:
    answers = _in_encoding_of(request)
    try:
        batch = await reception.take(request, _body(request, decoders, reception))
        return answers.taken(taken(batch))
    except (CollectorError, StoreError) as error:
        return answers.failed(error)
    except Exception as error:
        log.exception("%s", request.url.path)
        return answers.failed(error)


def _body(
    request: Request, decoders: Mapping[str, Decoder], reception: Reception, known: Collection[str] | None = None
) -> Receive:
    """The body, to be read by the decoder of its media type."""

    async def arrive(share: Share) -> Sent:
        if known is not None:
            _check_query(request, known)
        decode = _decoder(request, decoders)
        packed = is_packed(request)
        glance = plain_lines if decode is decode_ndjson else None
        return Sent(await receive(request, reception.limits.max_body, share), packed, decode, glance)

    return arrive


def _check_query(request: Request, known: Collection[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise WrongQuery(f"the parameter {name!r} is unknown: expected {', '.join(known)}")
        if names.count(name) > 1:
            raise WrongQuery(f"the parameter {name!r} is given twice")


def _decoder(request: Request, decoders: Mapping[str, Decoder]) -> Decoder:
    """By media type; a CloudEvent in binary mode has that of its data."""
    if CE_VERSION in request.headers and cloudevents.ONE in decoders and not _names(request, CLOUDEVENTS):
        return decode_binary
    return decoders[media_type(request, decoders)]


def _names(request: Request, types: Collection[str]) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in types


def _in_encoding_of(request: Request) -> answer.Otlp:
    """Whoever sends what we can't read gets JSON, which people can."""
    return answer.Otlp(answer.PROTOBUF if _names(request, [answer.PROTOBUF]) else answer.JSON)
