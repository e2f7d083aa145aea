"""A service and a relay as processes of their own, which kill themselves at the worst moment.

Run as `python -m tests.sdk.outbox.crashing DATABASE_URL ENDPOINT service|relay WHERE`: `commit` is after the service's
commit and before anything is sent, `sent` after the server has stored it and before the row is deleted; or `never`.
"""

import os
import signal
import sys

from sqlalchemy import Connection, Delete, Engine, MetaData, create_engine, event

from noshow_sdk import Configuration
from noshow_sdk.outbox import Outbox, Relay


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def service(engine: Engine, outbox: Outbox, where: str) -> None:
    with engine.begin() as connection:
        outbox.emit(connection, "OrderPlaced", correlation_id="order-1")
        outbox.emit(connection, "PaymentReceived", correlation_id="order-1", amount=12.5)
    if where == "commit":
        die()


def relay(engine: Engine, outbox: Outbox, endpoint: str, where: str) -> None:
    working = Relay(engine, outbox, Configuration(service="payments", endpoint=endpoint))
    if where == "sent":
        event.listen(engine, "before_execute", _before_the_deletion)
    while working.step(0.0):
        pass


def _before_the_deletion(_: Connection, statement: object, *__: object) -> None:
    if isinstance(statement, Delete):
        die()


def main(url: str, endpoint: str, role: str, where: str) -> None:
    engine, metadata = create_engine(url), MetaData()
    outbox = Outbox(metadata)
    metadata.create_all(engine)
    if role == "service":
        service(engine, outbox, where)
    else:
        relay(engine, outbox, endpoint, where)
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
