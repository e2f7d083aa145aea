"""Webhooks as Standard Webhooks says: the message as it is, signed."""

from collections.abc import Iterable
from datetime import UTC, datetime

from standardwebhooks import Webhook

from store.event import SECOND
from store.secret import Secret
from store.settings_notify import Endpoint


def request(endpoint: Endpoint, message_id: str, payload: str, now: int) -> tuple[dict[str, str], bytes]:
    """Headers and body. While secrets rotate each of them signs. Raises `ValueError` where one can't be used."""
    seconds = now // SECOND
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(_signatures(endpoint.secrets, message_id, seconds, payload)),
    }
    return headers, payload.encode()


def _signatures(secrets: Iterable[Secret], message_id: str, seconds: int, payload: str) -> Iterable[str]:
    at = datetime.fromtimestamp(seconds, UTC)
    return (Webhook(secret.reveal()).sign(message_id, at, payload) for secret in secrets)
