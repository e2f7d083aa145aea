"""The IDs in force, put on what goes out: HTTP requests by httpx and requests, and messages.

httpx is not imported: its objects are the caller's. Only `correlation.id` and `causation.id` are added, no other
baggage; but to whatever host the client calls.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Protocol

import requests
from requests.adapters import BaseAdapter

from noshow_sdk.baggage_header import HEADER, Value, merged
from noshow_sdk.correlation import CAUSATION, CORRELATION, causation_id, correlation_id


class Request(Protocol):
    """A request of httpx."""

    @property
    def headers(self) -> MutableMapping[str, str]: ...


def httpx_hook(request: Request) -> None:
    """`httpx.Client(event_hooks={"request": [httpx_hook]})`"""
    ours = _in_force(None)
    if ours:
        request.headers[HEADER] = merged(request.headers, ours)


async def httpx_async_hook(request: Request) -> None:
    """`httpx.AsyncClient(event_hooks={"request": [httpx_async_hook]})`"""
    httpx_hook(request)


def requests_session(session: requests.Session) -> requests.Session:
    """The same session of requests; all its requests carry the IDs. What was mounted on it stays in its place."""
    for prefix, adapter in list(session.adapters.items()):
        session.adapters[prefix] = _Carrying(adapter)
    return session


class _Carrying(BaseAdapter):
    """An adapter that puts the IDs on a request and hands it on to the one that it stands before."""

    def __init__(self, adapter: BaseAdapter) -> None:
        super().__init__()
        self._adapter = adapter

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        ours = _in_force(None)
        if ours:
            request.headers[HEADER] = merged(request.headers, ours)
        return self._adapter.send(request, *arguments, **options)

    def close(self) -> None:
        self._adapter.close()


def message_headers(existing: Mapping[str, str] | None = None, *, causation_id: str | None = None) -> dict[str, str]:
    """Headers for a message, as AMQP, NATS, SQS and others have them. `causation_id`: the event that it tells of."""
    headers = dict(existing or {})
    ours = _in_force(causation_id)
    if ours:
        value = merged(headers, ours)
        headers = {name: text for name, text in headers.items() if name.lower() != HEADER}
        headers[HEADER] = value
    return headers


def kafka_headers(
    existing: Iterable[tuple[str, Value]] | None = None, *, causation_id: str | None = None
) -> list[tuple[str, Value]]:
    """The same as the pairs of name and bytes that Kafka clients take."""
    headers = list(existing or ())
    ours = _in_force(causation_id)
    if ours:
        value = merged(headers, ours)
        headers = [pair for pair in headers if pair[0].lower() != HEADER]
        headers.append((HEADER, value.encode("ascii", errors="replace")))
    return headers


def _in_force(cause: str | None) -> dict[str, str]:
    found = {CORRELATION: correlation_id(), CAUSATION: cause or causation_id()}
    return {key: value for key, value in found.items() if value}
