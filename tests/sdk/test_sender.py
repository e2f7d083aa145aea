"""What the server's answers mean, over real connections."""

import json

import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # its package has no py.typed

from noshow_sdk.configuration import Configuration
from noshow_sdk.event import Event, compose
from noshow_sdk.sender import Answer, Sender, Verdict
from store import events as event_store
from store.clickhouse import ClickHouse
from tests.collector.listening import Listening
from tests.sdk.answering import OTLP, Reply, answering, refusing
from tests.sdk.events import event


def sender(url: str, token: str = "", timeout: float = 0.5) -> Sender:
    return Sender(Configuration(service="payments", endpoint=url, token=token, timeout=timeout).completed({}))


def test_the_collector_stores_every_field(collector: Listening, clickhouse: ClickHouse) -> None:
    attributes = {"amount": 12.5, "items": ["a", {"b": None}], "count": 3, "paid": True}
    given = compose("PaymentReceived", attributes, "order-1", "e-1").event
    sent = given._replace(causation_id="e-0", trace_id=0xABC, span_id=0xDEF)
    assert sender(collector.url).send([sent]) == Answer(Verdict.TAKEN)
    [kept] = event_store.history(clickhouse, "order-1")
    assert (kept.id, kept.causation_id, kept.name, kept.source) == ("e-1", "e-0", "PaymentReceived", "payments")
    assert kept.time == sent.time // 1_000
    assert json.loads(kept.attributes) == attributes
    assert (kept.trace_id, kept.span_id) == (f"{0xABC:032x}", f"{0xDEF:016x}")


def test_an_event_without_a_trace_has_none(collector: Listening, clickhouse: ClickHouse) -> None:
    sender(collector.url).send([event()])
    [kept] = event_store.history(clickhouse, "order-1")
    assert (kept.trace_id, kept.span_id, kept.causation_id) == ("", "", "")


def test_the_collector_says_how_many_it_refused_and_why(collector: Listening) -> None:
    answer = sender(collector.url).send([event(), event()._replace(correlation_id="null"), event()])
    assert (answer.verdict, answer.refused) == (Verdict.PARTLY, 1)
    assert "correlation.id" in answer.reason


def test_the_token_and_the_name_of_the_service_are_sent() -> None:
    with answering() as server:
        sender(server.url, token="secret").send([event("A"), event("B")])
        [(headers, _)] = server.requests
        assert server.names() == [["A", "B"]]
    assert (headers["authorization"], headers["content-type"]) == ("Bearer secret", "application/x-protobuf")


SAID = Status(message="it is broken").SerializeToString()


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(), Answer(Verdict.TAKEN)),
        (refusing(1, "too old"), Answer(Verdict.PARTLY, 1, "too old")),
        (Reply(400, SAID), Answer(Verdict.REFUSED, 2, "HTTP 400: it is broken")),
        (Reply(400, b"<html>", {"Content-Type": "text/html"}), Answer(Verdict.LATER, 0, "HTTP 400: Bad Request")),
        (Reply(413, b"", {}), Answer(Verdict.REFUSED, 2, "HTTP 413: Request Entity Too Large")),
        (Reply(401, b"", {}), Answer(Verdict.LATER, 0, "HTTP 401: Unauthorized")),
        (Reply(500, b"\xff", OTLP), Answer(Verdict.LATER, 0, "HTTP 500: Internal Server Error")),
        (Reply(503, b"", {"Retry-After": "7"}), Answer(Verdict.LATER, 0, "HTTP 503: Service Unavailable", 7.0)),
    ],
)
def test_an_answer_means(reply: Reply, answer: Answer) -> None:
    with answering(reply) as server:
        assert sender(server.url).send([event(), event()]) == answer


@pytest.mark.parametrize(
    "reply",
    [
        Reply(302, b"", {"Location": "/sign-in"}),
        Reply(200, b"<html>", {"Content-Type": "text/html"}),
        Reply(200, b"\xff", OTLP),
        Reply(204, b"", {}),
    ],
)
def test_an_answer_of_somebody_else_acknowledges_nothing(reply: Reply) -> None:
    with answering(reply) as server:
        answer = sender(server.url).send([event()])
    assert answer.verdict is Verdict.LATER
    assert "none of OTLP" in answer.reason


def test_a_server_that_is_away_is_tried_later() -> None:
    with answering() as server:
        url = server.url
    answer = sender(url).send([event()])
    assert (answer.verdict, answer.reason) == (Verdict.LATER, "the server can't be reached: ConnectionError")


def test_a_server_that_hangs_is_left_after_the_timeout() -> None:
    with answering(hangs=True) as server:
        answer = sender(server.url, timeout=0.1).send([event()])
    assert (answer.verdict, answer.reason) == (Verdict.LATER, "the server can't be reached: ReadTimeout")


def test_a_passing_failure_is_passed_over_by_the_exporter() -> None:
    with answering(Reply(503, b"", {"Retry-After": "0"}), Reply()) as server:
        assert sender(server.url, timeout=30).send([event()]) == Answer(Verdict.TAKEN)
        assert len(server.requests) == 2


@pytest.mark.parametrize("broken", [event()._replace(time=-1), event()._replace(trace_id=-1)])
def test_what_can_not_be_encoded_is_refused(broken: Event) -> None:
    with answering() as server:
        assert sender(server.url).send([broken]) == Answer(Verdict.REFUSED, 1, "it can't be encoded")


def test_once_closed_nothing_is_refused_for_it() -> None:
    with answering() as server:
        closed = sender(server.url)
        closed.close()
        assert closed.send([event()]).verdict is Verdict.LATER
