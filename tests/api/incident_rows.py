"""Incidents as evaluators write them."""

from store import incidents
from store.database import Database
from store.event import HOUR, MINUTE
from store.incidents import Because, Fallen, Incident, Stream
from tests.conftest import NOON

TEN_TO = NOON - 10 * MINUTE
UNTIL = NOON + 5 * MINUTE


def put_silent(
    database: Database,
    subject: str = "payments",
    *names: str,
    held: int = 0,
    since: int = TEN_TO,
    percent: int = 0,
) -> str:
    """What has been silent since then, is held until `UNTIL`, and for which so many wait."""
    told = names or ("PaymentReceived",)
    streams = tuple(Stream(name=name) for name in told)
    fallen = Fallen(subject, streams, told, since, "at least 42 a minute are usual", percent)
    with database.begin() as connection:
        id = incidents.begin(connection, fallen, since + 2 * MINUTE, UNTIL).id
        incidents.count(connection, id, held)
    return id


def put_let_go(database: Database, id: str, because: Because = Because.RAN_OUT, by: str = "", reason: str = "") -> None:
    """A minute ago."""
    with database.begin() as connection:
        assert incidents.let_go(connection, id, NOON - MINUTE, because, by, reason)


def put_back(database: Database, id: str) -> None:
    """Just now."""
    with database.begin() as connection:
        assert incidents.end(connection, id, NOON)


def put_old(database: Database, count: int) -> list[str]:
    """Incidents that are over, the latest first: each an hour before the one before."""
    ids = [put_silent(database, f"s-{number}", since=NOON - (number + 1) * HOUR) for number in range(count)]
    for id in ids:
        put_back(database, id)
    return ids


def known(database: Database, id: str) -> Incident:
    with database.read() as connection:
        it = incidents.one(connection, id)
    assert it is not None
    return it
