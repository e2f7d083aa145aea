"""What receivers verify with: the test vector of the specification, and the reference package, rotation included."""

import json
import time
from base64 import b64encode

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from reconcile.notify.channels.webhook import request
from reconcile.notify.delivery import Post
from store.event import SECOND
from store.secret import Secret
from store.settings_notify import Endpoint
from tests.reconcile.receiver import receiver

# https://github.com/standard-webhooks/standard-webhooks, the test of the signature
VECTOR = {
    "key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "payload": '{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
OLD, NEW, OTHER = (Secret("whsec_" + b64encode(bytes([it]) * 32).decode()) for it in (1, 2, 3))


def test_the_vector_of_the_specification() -> None:
    endpoint = Endpoint("payments", "https://hooks.example.org", (Secret(str(VECTOR["key"])),))
    headers, body = request(
        endpoint, str(VECTOR["id"]), str(VECTOR["payload"]), int(str(VECTOR["timestamp"])) * SECOND + 999_999
    )
    assert headers["webhook-id"] == VECTOR["id"]
    assert headers["webhook-timestamp"] == str(VECTOR["timestamp"])
    assert headers["webhook-signature"] == VECTOR["signature"]
    assert body.decode() == VECTOR["payload"]


def test_while_secrets_rotate_both_verify_and_no_other_does() -> None:
    payload = '{"type":"case.opened","data":{"title":"Zürich"}}'
    with receiver() as there:
        endpoint = Endpoint("payments", there.url, (NEW, OLD))
        assert Post(allow_private=True)(endpoint, "msg_1", payload, time.time_ns() // 1_000).delivered
    [sent] = there.received
    assert len(sent.headers["webhook-signature"].split()) == 2
    for secret in (OLD, NEW):
        assert Webhook(secret.reveal()).verify(sent.body, sent.headers) == json.loads(payload)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER.reveal()).verify(sent.body, sent.headers)
