"""A process that tells of incidents until it is killed: `python -m tests.reconcile.notify.hearing DATABASE_URL`."""

import sys
from itertools import count

from reconcile.notify.unheard import Unheard
from reconcile.rulebook import Rulebook
from store.database import Database
from store.event import HOUR
from tests.reconcile.desk import AT_ONCE, NOON
from tests.reconcile.notify.newsroom import Newsroom


def main(url: str) -> None:
    database = Database.open(url)
    room = Newsroom(database, AT_ONCE, ["default"])
    unheard = Unheard(database, Rulebook(lambda: ()))
    print("ready", flush=True)
    for _ in count():
        unheard.step(NOON + HOUR)
        room.dispatcher.step(NOON + HOUR)


if __name__ == "__main__":
    main(sys.argv[1])
