"""What somebody may do here."""

from enum import StrEnum


class Scope(StrEnum):
    """What a token, or a group of people, permits. None contains another."""

    READ = "read"  # look at everything
    OPERATE = "operate"  # work the queue: claim, settle, ask the source, run actions
    ADMINISTER = "administer"  # silences, redelivery, the stop switch, redaction
    INGEST = "ingest"  # send events
    PERSONAL = "personal"  # see what `access.personal` names, beside `read`


OF_PEOPLE = frozenset(Scope) - {Scope.INGEST}
