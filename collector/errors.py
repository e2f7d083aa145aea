"""What can go wrong between the wire and the store. Messages are meant for whoever sent the events."""


class CollectorError(Exception):
    """Base of the package's errors. `status` is the HTTP status that answers it; `retry_after`: in how many seconds the
    same request may do better, 0 if it can't."""

    status = 500
    retry_after = 0


class Refused(CollectorError):
    """One event can't be taken. `field` names the place in it, empty for the event as a whole."""

    status = 400

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class Unread(CollectorError):
    """Lines that ClickHouse did not read, or not to the end: whether they are good is for us to find out.

    `odd`: something about these very lines is not as it is of most.
    """

    def __init__(self, *, odd: bool) -> None:
        super().__init__("the lines have to be decoded here")
        self.odd = odd


class NoEvent(Refused):
    """Ordinary telemetry: no business event, and nothing is wrong with it."""


class MalformedBody(CollectorError):
    """The bytes are not what their type says, so nothing in them can be taken.

    `body` and `form`: what they are, as far as whoever read them says so; '' is no form.
    """

    status = 400
    body = b""
    form = ""


class WrongQuery(CollectorError):
    """A parameter of the address that is unknown, or given twice."""

    status = 400


class Incomplete(CollectorError):
    """The sender went away, or stalled, before the end of the body."""

    status = 408


class BodyTooLarge(CollectorError):
    """More bytes, or more events, than one request may carry."""

    status = 413


class WrongType(CollectorError):
    """A media type, character set or content encoding that is not supported."""

    status = 415


class NotAdmitted(CollectorError):
    """Whoever asks may not send: 401 without a valid token, else 403. `challenge`: what it takes, for HTTP."""

    def __init__(self, status: int, detail: str, challenge: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.challenge = challenge


class TooFast(CollectorError):
    """The sender has used up what it may send in a while."""

    status = 429

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Overloaded(CollectorError):
    """More is waiting than may be held in memory: try again after a while."""

    status = 503
    retry_after = 2


class SpoolFull(Overloaded):
    """ClickHouse is away, and its stand-in on the disk has no room, or has trouble."""
