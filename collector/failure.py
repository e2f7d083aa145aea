"""What a sender hears of a request that failed, before it is put into words of its protocol."""

from typing import NamedTuple

from collector.errors import CollectorError, NotAdmitted
from store.errors import StoreError, StoreUnavailable

RETRY_AFTER = 2  # seconds


class Failure(NamedTuple):
    """`status`: as HTTP has it. `retry_after`: seconds until the same request may do better; 0: it can't."""

    status: int
    detail: str
    retry_after: int = 0
    challenge: str = ""

    @property
    def headers(self) -> dict[str, str]:
        retry = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        return retry | ({"WWW-Authenticate": self.challenge} if self.challenge else {})


def failure(error: Exception) -> Failure:
    """What the store says of itself is for the log, not for senders; so is what nobody has foreseen."""
    match error:
        case CollectorError():
            challenge = error.challenge if isinstance(error, NotAdmitted) else ""
            return Failure(error.status, str(error), error.retry_after, challenge)
        case StoreUnavailable():
            told = "the event store is away or slow; nothing is acknowledged, so send it again"
            return Failure(503, told, RETRY_AFTER)
        case StoreError():
            return Failure(500, "the event store refused these events; the server's log says why")
        case _:
            return Failure(500, "Something went wrong inside of Noshow. Its log has the details.")
