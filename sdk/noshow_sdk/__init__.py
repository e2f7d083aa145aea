"""Noshow's SDK: correlation IDs on business events, sent to Noshow over OpenTelemetry."""

from noshow_sdk.client import Client
from noshow_sdk.configuration import Configuration, ConfigurationError
from noshow_sdk.correlation import causation_id, correlate, correlation_id, handling
from noshow_sdk.outgoing import httpx_async_hook, httpx_hook, kafka_headers, message_headers, requests_session
from noshow_sdk.queue import Stats
from noshow_sdk.service import configure, emit, flush, shutdown, stats

__all__ = [
    "Client",
    "Configuration",
    "ConfigurationError",
    "Stats",
    "causation_id",
    "configure",
    "correlate",
    "correlation_id",
    "emit",
    "flush",
    "handling",
    "httpx_async_hook",
    "httpx_hook",
    "kafka_headers",
    "message_headers",
    "requests_session",
    "shutdown",
    "stats",
]
