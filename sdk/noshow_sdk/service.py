"""The one client that most services have, by functions: configured at the start, used from anywhere."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from noshow_sdk.client import Client
from noshow_sdk.configuration import Configuration
from noshow_sdk.queue import Stats

logger = logging.getLogger("noshow_sdk")

_client: Client | None = None
_not_configured = 0


def configure(
    service: str = "", endpoint: str = "", token: str = "", *, settings: Configuration | None = None
) -> Client:
    """Say who and where, once, at the start of the service. What is not said comes from the environment.

    `settings` has the rest (see `Configuration`). Called again, it replaces what was before, which is shut down first.
    Raises `ConfigurationError`.
    """
    global _client
    rest = settings or Configuration()
    client = Client(
        replace(
            rest,
            service=service or rest.service,
            endpoint=endpoint or rest.endpoint,
            token=token or rest.token,
        )
    )
    shutdown()
    _client = client
    return client


def emit(
    name: str,
    attributes: Mapping[str, object] | None = None,
    /,
    *,
    correlation_id: str | None = None,
    event_id: str | None = None,
    occurred_at: datetime | None = None,
    **more: object,
) -> str:
    """Send an event by and by: `emit("PaymentReceived", amount=12.5)`. See `Client.emit`."""
    if _client is None:
        _tell_once()
        return ""
    return _client.emit(
        name, attributes, correlation_id=correlation_id, event_id=event_id, occurred_at=occurred_at, **more
    )


def flush(timeout: float = 10.0) -> bool:
    """See `Client.flush`."""
    return _client is None or _client.flush(timeout)


def shutdown(timeout: float | None = None) -> bool:
    """See `Client.shutdown`."""
    return _client is None or _client.shutdown(timeout)


def stats() -> Stats:
    """What became of the events so far."""
    if _client is None:
        return Stats(dropped=_not_configured, last_reason="not configured" if _not_configured else "")
    return _client.stats()


def _tell_once() -> None:
    global _not_configured
    _not_configured += 1
    if _not_configured == 1:
        logger.warning("an event was dropped: call noshow_sdk.configure() first")
