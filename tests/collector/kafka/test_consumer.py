"""A consumer and librdkafka's mock brokers: when it commits, what it does with trouble, and how far it says it is."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

import pytest

from collector.errors import Overloaded
from collector.kafka.consumer import KafkaConsumer, configuration
from store.errors import StoreUnavailable
from store.event import EventColumns
from store.quarantine import Row
from store.settings_kafka import KafkaSettings, TopicSettings
from tests.collector.conftest import LIMITS
from tests.collector.kafka.cluster import QUICK, TOPIC, Cluster
from tests.conftest import NOON
from tests.store.clock import ManualClock

STEPS = 300  # of at most a tenth of a second each


class Store:
    """The intake, as far as a consumer sees it: it does what the test says with what it is handed."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.refused: list[Row] = []
        self.handed_in: list[Future[None]] = []
        self.answer: Callable[[Future[None]], None] = lambda future: future.set_result(None)

    def __call__(self, events: EventColumns, _size: int, refused: Sequence[Row]) -> Future[None]:
        future: Future[None] = Future()
        self.handed_in.append(future)
        self.answer(future)
        if future.done() and future.exception() is None:
            self.events += events.correlation_id
            self.refused += refused
        return future


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """Each test has a topic and a group of its own."""
    return str(request.node.name)


@pytest.fixture
def consumers(cluster: Cluster, topic: str, clock: ManualClock) -> Iterator[Callable[[Store], KafkaConsumer]]:
    made: list[KafkaConsumer] = []

    def make(store: Store) -> KafkaConsumer:
        settings = KafkaSettings(cluster.address, {topic: TopicSettings("shop")}, group=topic, options=QUICK)
        made.append(KafkaConsumer(settings, LIMITS, store, clock))
        return made[-1]

    yield make
    for consumer in made:
        consumer.close()


def order(name: str) -> bytes:
    return json.dumps({"correlation_id": name, "name": "A", "time": "2025-11-20T12:00:00Z"}).encode()


def until(condition: Callable[[], object], *consumers: KafkaConsumer) -> None:
    for _ in range(STEPS):
        for consumer in consumers:
            consumer.step(NOON)
        if condition():
            return
    raise AssertionError("it does not come to that")


def test_offsets_are_committed_once_what_is_before_them_is_stored(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer]
) -> None:
    store = Store()
    store.answer = lambda _future: None
    cluster.send(order("o-1"), b"no event", partition=0, topic=topic)
    cluster.send(order("o-2"), partition=1, topic=topic)
    consumer = consumers(store)
    until(lambda: store.handed_in, consumer)
    for _ in range(3):
        consumer.step(NOON)
    assert cluster.committed(topic, topic) == {}
    store.handed_in[0].set_result(None)
    store.answer = lambda future: future.set_result(None)
    until(lambda: cluster.committed(topic, topic) == {0: 2, 1: 1}, consumer)


def test_what_the_store_does_not_take_is_handed_in_until_it_does_and_nothing_is_lost(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer]
) -> None:
    store = Store()
    trouble = iter([Overloaded("full"), StoreUnavailable("away"), StoreUnavailable("away")])

    def answer(future: Future[None]) -> None:
        error = next(trouble, None)
        if isinstance(error, Overloaded):
            raise error
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    store.answer = answer
    cluster.send(order("o-1"), topic=topic)
    consumer = consumers(store)
    until(lambda: store.events, consumer)
    assert (store.events, len(store.handed_in)) == (["o-1"], 4)
    cluster.send(*map(order, ("o-2", "o-3")), topic=topic)
    until(lambda: len(store.events) == 3, consumer)
    until(lambda: cluster.committed(topic, topic) == {0: 3}, consumer)


def test_what_comes_while_the_store_takes_long_is_taken_after_it(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.kafka.consumer._PATIENCE", 1)
    store = Store()
    store.answer = lambda _future: None
    cluster.send(order("o-1"), topic=topic)
    consumer = consumers(store)
    until(lambda: store.handed_in, consumer)
    cluster.send(*map(order, ("o-2", "o-3")), topic=topic)
    for _ in range(5):
        consumer.step(NOON)
    assert len(store.handed_in) == 1
    store.answer = lambda future: future.set_result(None)
    store.handed_in[0].set_result(None)
    until(lambda: len(store.events) == 2, consumer)
    assert store.events == ["o-2", "o-3"]
    until(lambda: consumer.oldest() == NOON, consumer)


def test_large_messages_are_read_some_at_a_time_and_the_rest_is_not_forgotten(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.kafka.consumer.MOST_BYTES", 1)
    store = Store()
    store.answer = lambda _future: None
    sent = [NOON - seconds * 1_000_000 for seconds in (3, 2, 1)]
    for number, at in enumerate(sent):
        cluster.send(order(f"o-{number}"), topic=topic, timestamp=at // 1_000)
    consumer = consumers(store)

    def handed_in(many: int) -> Callable[[], bool]:
        return lambda: len(store.handed_in) == many

    for number, at in enumerate(sent):
        until(handed_in(number + 1), consumer)
        assert consumer.oldest() <= at
        store.handed_in[number].set_result(None)
    until(lambda: consumer.oldest() == NOON, consumer)
    assert len(store.handed_in) == 3
    until(lambda: cluster.committed(topic, topic) == {0: 3}, consumer)


def test_what_one_consumer_has_not_stored_goes_to_the_next(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer]
) -> None:
    slow, quick = Store(), Store()
    slow.answer = lambda _future: None
    for number in range(4):
        cluster.send(order(f"o-{number}"), partition=number, topic=topic)
    first = consumers(slow)
    until(lambda: slow.handed_in, first)
    second = consumers(quick)
    until(lambda: len(cluster.committed(topic, topic)) == 2, first, second)
    assert {f"o-{number}" for number in cluster.committed(topic, topic)} == set(quick.events)
    slow.handed_in[0].set_result(None)
    slow.answer = lambda future: future.set_result(None)
    until(lambda: len(cluster.committed(topic, topic)) == 4, first, second)


def test_it_is_behind_for_as_long_as_something_waits(
    cluster: Cluster, topic: str, consumers: Callable[[Store], KafkaConsumer], clock: ManualClock
) -> None:
    store = Store()
    store.answer = lambda _future: None
    sent = NOON - 60_000_000
    cluster.send(order("o-1"), topic=topic, timestamp=sent // 1_000)
    consumer = consumers(store)
    began = clock.now()
    assert consumer.oldest() == began
    until(lambda: store.handed_in, consumer)
    assert consumer.oldest() == sent
    store.answer = lambda future: future.set_result(None)
    store.handed_in[0].set_result(None)
    clock.sleep(5)
    until(lambda: consumer.oldest() == NOON, consumer)


def test_promises_can_not_be_undone_by_options() -> None:
    settings = KafkaSettings("a:1", {TOPIC: TopicSettings()}, options={"client.id": "x", "fetch.min.bytes": "5"})
    told = configuration(settings)
    assert (told["client.id"], told["fetch.min.bytes"]) == ("x", "5")
    assert (told["enable.auto.commit"], told["enable.auto.offset.store"]) == (False, False)
