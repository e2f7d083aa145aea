"""A process that makes messages until it is killed: `python -m tests.reconcile.notify.dispatching DATABASE_URL`."""

import sys
from itertools import count

from store.database import Database
from store.event import HOUR
from tests.reconcile.desk import AT_ONCE, NOON
from tests.reconcile.notify.newsroom import Newsroom


def main(url: str) -> None:
    room = Newsroom(Database.open(url), AT_ONCE)
    print("ready", flush=True)
    for _ in count():
        room.dispatcher.step(NOON + HOUR)


if __name__ == "__main__":
    main(sys.argv[1])
