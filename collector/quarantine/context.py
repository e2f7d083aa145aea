"""What a decoder has to know of how something was sent, beside its bytes: kept with it, for when it is read again."""

from dataclasses import replace

import msgspec

from collector.acceptance import Acceptance
from collector.mapping.message import Message


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """`source`: the only one that the sender speaks for, '' for any. `stated`: the one of events that name none.

    Of the message only what mappings lead to is kept: its key, its timestamp (µs UTC), and the headers that they name.
    Others may be secret; and the baggage of a request with many events is not that of the one that is kept.
    """

    source: str = ""
    stated: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    key: bytes | None = None
    timestamp: int | None = None

    @classmethod
    def of(cls, terms: Acceptance) -> "Context":
        message = terms.message
        named = [(name, value) for name, value in message.headers if name.lower() in terms.sources.headers]
        return cls(terms.source, terms.stated, tuple(named), message.key, message.timestamp)

    def applied(self, terms: Acceptance) -> Acceptance:
        """The terms of today, for what was sent so. Raises `Refused`."""
        message = Message(self.headers, self.key, self.timestamp)
        return replace(terms, source=self.source).of(self.stated, message)


NOTHING = Context()


def written(context: Context) -> str:
    return "" if context == NOTHING else msgspec.json.encode(context).decode()


def read(text: str) -> Context:
    return msgspec.json.decode(text, type=Context) if text else NOTHING
