"""One attempt to deliver, over a real socket."""

import json
import socket
import time
from base64 import b64encode
from collections.abc import Callable
from email.utils import format_datetime
from functools import partial

import pytest
from fastapi import Response
from fastapi.responses import RedirectResponse
from standardwebhooks import Webhook, WebhookVerificationError

from reconcile.notify.delivery import Answer, Post
from store.event import MINUTE, SECOND
from store.instant import moment
from store.secret import Secret
from store.settings_notify import Endpoint
from tests.reconcile.desk import SECRET, endpoint
from tests.reconcile.receiver import LOCAL, Received, raw_server, receiver

PAYLOAD = '{"type":"case.opened","data":{"title":"Zürich"}}'
OPEN = Post(allow_private=True)


def now() -> int:
    """Receivers refuse signatures that are not of the present, so these tests take place in it."""
    return time.time_ns() // 1_000


def deliver(url: str, post: Post = OPEN, secret: str = SECRET, at: int | None = None) -> Answer:
    return post(Endpoint("payments", url, (Secret(secret),)), "msg_1", PAYLOAD, now() if at is None else at)


def answering(status: int, text: str = "", **headers: str) -> Answer:
    """What comes of an endpoint that answers so."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with receiver(lambda _: Response(text, status, named)) as there:
        return deliver(there.url)


def test_what_arrives_verifies_by_the_reference_library() -> None:
    with receiver() as there:
        assert deliver(there.url) == Answer(204, "")
    (request,) = there.received
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(PAYLOAD)
    assert request.path == "/hooks/noshow-a1b2c3"
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"{LOCAL}:{there.port}"


def test_a_changed_body_or_another_secret_does_not_verify() -> None:
    with receiver() as there:
        deliver(there.url)
    (request,) = there.received
    for secret, body in ((SECRET, request.body + " "), ("whsec_" + b64encode(b"other" * 6).decode(), request.body)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, request.headers)


def test_the_signature_is_of_the_attempt_and_the_id_of_the_message() -> None:
    with receiver() as there:
        deliver(there.url)
        deliver(there.url, at=now() + 2 * MINUTE)
    first, second = (request.headers for request in there.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 120
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_user_and_a_password_in_the_address_are_sent_as_such() -> None:
    with receiver() as there:
        deliver(there.url.replace("http://", "http://noshow:open%20sesame@"))
    assert there.received[0].headers["authorization"] == f"Basic {b64encode(b'noshow:open sesame').decode()}"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    answer = answering(status)
    assert answer == Answer(status, "")
    assert answer.delivered


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_anything_else_is_not(status: int) -> None:
    answer = answering(status, "no\nthanks")
    assert answer == Answer(status, f"HTTP {status}: no thanks")
    assert (answer.delivered, answer.gone) == (False, status == 410)


def test_redirects_are_not_followed() -> None:
    with receiver(lambda _: RedirectResponse("/elsewhere", 307)) as there:
        answer = deliver(there.url)
    assert answer == Answer(307, "HTTP 307 (redirects are not followed)")
    assert len(there.received) == 1


def test_of_a_long_answer_only_the_beginning_is_kept() -> None:
    answer = answering(500, "x" * 5_000_000)
    assert answer.error == "HTTP 500: " + "x" * 1024


def test_bytes_that_are_no_text_do_no_harm() -> None:
    with receiver(lambda _: Response(b"\x00\xff\x1b[31m\xc3", 500)) as there:
        assert deliver(there.url).error == "HTTP 500: \N{REPLACEMENT CHARACTER} [31m\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("120", 120 * SECOND), ("0", 0), ("soon", None), ("-5", None), ("", None), ("1.5", None), ("9" * 5_000, None)],
)
def test_retry_after_in_seconds(value: str, expected: int | None) -> None:
    assert answering(503, retry_after=value).retry_after == expected


def test_retry_after_as_a_date_counts_from_now() -> None:
    at = now() // SECOND * SECOND
    for ahead, expected in ((MINUTE, MINUTE), (-MINUTE, None)):
        date = format_datetime(moment(at + ahead), usegmt=True)
        busy = Response(status_code=503, headers={"retry-after": date})
        with receiver(partial(_always, busy)) as there:
            assert deliver(there.url, at=at).retry_after == expected


def _always(response: Response, _: Received) -> Response:
    return response


# What goes wrong on the way


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "2130706433", "127.1", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0", "0"],
)
def test_inner_addresses_get_nothing(host: str) -> None:
    with receiver() as there:
        answer = deliver(f"http://{host}:{there.port}/", Post(allow_private=False))
    assert answer.status is None
    assert answer.error.startswith("refused: ")
    assert there.received == []


def test_a_name_that_leads_inside_gets_nothing() -> None:
    with receiver() as there:
        post = Post(allow_private=False, resolve=lambda host, port: [LOCAL])
        answer = deliver(f"http://hooks.example.org:{there.port}/", post)
    assert answer.error == (
        "refused: hooks.example.org leads to 127.0.0.1, which is not a public address; "
        "outgoing.allow_private would permit it"
    )
    assert there.received == []


def test_nobody_there() -> None:
    with socket.create_server((LOCAL, 0)) as listening:
        port = listening.getsockname()[1]
    answer = deliver(f"http://{LOCAL}:{port}/")
    assert (answer.status, answer.error) == (None, "no answer: [Errno 111] Connection refused")


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def _dripping(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.settimeout(0.02)
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            connection.sendall(b"y")
            _pause(connection)
    except OSError:
        pass


def _dripping_body(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.settimeout(0.02)
    try:
        connection.sendall(b"HTTP/1.1 500 No\r\n\r\nbroken")
        while True:
            connection.sendall(b"!")
            _pause(connection)
    except OSError:
        pass


def _pause(connection: socket.socket) -> None:
    """Until the time-out of the connection; raises OSError when the other side has gone."""
    try:
        if not connection.recv(1):
            raise ConnectionError
    except TimeoutError:
        pass


@pytest.mark.parametrize("talk", [_silent, _dripping])
def test_an_endpoint_that_hangs_or_drips_is_left_in_time(talk: Callable[[socket.socket], None]) -> None:
    with raw_server(talk) as port:
        answer = deliver(f"http://{LOCAL}:{port}/", Post(allow_private=True, timeout=0.3))
    assert answer == Answer(None, "no answer within 0.3 s")


def test_a_failure_whose_reason_drips_is_still_that_failure() -> None:
    with raw_server(_dripping_body) as port:
        answer = deliver(f"http://{LOCAL}:{port}/", Post(allow_private=True, timeout=0.3))
    assert answer.status == 500
    assert answer.error.startswith("HTTP 500: broken!")


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 banana\r\n\r\n"])
def test_an_answer_that_is_no_http(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(said)

    with raw_server(talk) as port:
        answer = deliver(f"http://{LOCAL}:{port}/")
    assert answer.status is None
    assert answer.error.startswith("no answer: ")


def test_no_answer_shows_the_secret_or_the_private_part_of_the_address() -> None:
    def echo(request: Received) -> Response:
        return Response(f"{request.path} {request.headers.get('authorization')} {SECRET} open-sesame", 500)

    with receiver(echo) as there:
        answer = deliver(there.url.replace("http://", "http://noshow:open-sesame@"))
    assert "HTTP 500: ***" in answer.error
    for private in ("a1b2c3", SECRET, "sesame"):
        assert private not in answer.error


def test_nor_the_path_by_itself_where_the_address_has_a_query() -> None:
    with receiver(lambda request: Response(f"no hook at {request.path.partition('?')[0]}", 404)) as there:
        answer = deliver(f"{there.url}?channel=4")
    assert answer.error == "HTTP 404: no hook at ***"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://0177.0.0.1/a1b2c3d4", SECRET),
        ("http://hooks.example.org:99999/a1b2c3d4", SECRET),
        ("http://hooks.example.org/", "whsec_a1b2c3d4*"),
        ("http://hooks.example.org/", "whsec_"),
    ],
)
def test_settings_that_cannot_be_used_are_said_without_showing_them(url: str, secret: str) -> None:
    answer = deliver(url, Post(allow_private=False, resolve=lambda host, port: [LOCAL]), secret)
    assert answer.status is None
    assert "a1b2c3d4" not in answer.error


def test_an_endpoint_prints_without_its_secret() -> None:
    assert SECRET not in repr(endpoint("payments"))
