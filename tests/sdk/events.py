"""Events for the tests of what sends them."""

from noshow_sdk.event import Composed, Event, compose
from noshow_sdk.queue import Queue


def composed(name: str, **attributes: object) -> Composed:
    return compose(name, attributes, "order-1")


def event(name: str = "PaymentReceived", **attributes: object) -> Event:
    return composed(name, **attributes).event


def queue_of(*names: str, most: int = 100) -> Queue:
    queue = Queue(most)
    for name in names:
        queue.put(composed(name))
    return queue
