"""What came around an event: the headers of the HTTP request or of the Kafka message that brought it."""

from collections.abc import Sequence
from dataclasses import dataclass

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Message:
    """`headers` in their order; upper and lower case do not matter in their names. Of Kafka there is a `key`, where the
    message has one, and a `timestamp`, µs UTC.

    `single`: nothing but one event is in it, so that what is said of the message is said of the event.
    """

    headers: Sequence[Header] = ()
    key: bytes | None = None
    timestamp: int | None = None
    single: bool = False

    def header(self, name: str) -> list[bytes]:
        """The values of all headers of that name."""
        wanted = name.encode().lower()
        return [value for header, value in self.headers if header.lower() == wanted]


NO_MESSAGE = Message()
