"""Files of events as programs write them, each in its own style; with odd and bad lines among them."""

import json
from collections.abc import Iterator
from random import Random

from store.event import Event
from store.instant import rfc3339

BAD = (
    b"no JSON",
    b"[]",
    b"{}",
    b'{"correlation_id":"null","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}',
    b'{"correlation_id":"a","name":" ","time":"2026-01-01T10:00:00Z"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-02-30T10:00:00Z"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T24:00:00Z"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"1969-01-01T10:00:00Z"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z","id":7}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z","nmae":"x"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z","time":"2026-01-01T10:00:00Z"}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"} {}',
    b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"',
    b'{"correlation_id":"a\x01","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}',
    b'{"correlation_id":"\xff","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}',
    b'{"correlation_id":"' + b"a" * 513 + b'","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}',
)
ODD = (
    b"",
    b" \t\r",
    b'{"correlation_id":"odd","name":"OrderPlaced","time":1767261600}',
    b'{"correlation_id":"odd","name":"OrderPlaced","time":"2026-01-01T10:00:60Z","id":""}',
    b'{"correlation_id":"odd","name":"OrderPlaced","time":"2026-01-01t10:00:00+02:00","source":null}',
    b' {"name":"OrderPl\\u0061ced","correlation_id":"odd","time":"2026-01-01T10:00:00.1234567899Z"} ',
    b'{"correlation_id":"\xc3\xa9","name":"OrderPlaced","time":"2026-01-01T10:00:00Z","attributes":null}',
    b'{"correlation_id":"odd","name":"OrderPlaced","time":"2250-01-01T10:00:00Z"}',
)
BAD_ATTRIBUTES = (
    "[]",
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    '{"a":NaN}',
    '{"a":1e999}',
    '{"a":"\\ud800"}',
    '{"a":007}',
)

_FIELDS = ("correlation_id", "name", "time", "source", "id", "attributes")


class Program:
    """One that writes events."""

    def __init__(self, random: Random) -> None:
        self.random = random
        order = [*_FIELDS[:-1]]
        random.shuffle(order)
        self.order = [*order, "attributes"] if random.random() < 0.8 else ["attributes", *order]
        self.comma, self.colon = random.choice([(",", ":"), (", ", ": "), (",", ": ")])
        self.end = random.choice(["", "", "\r", " "])
        self.without = {it for it in ("source", "id") if random.random() < 0.2}

    def line(self, event: Event) -> bytes:
        attributes = event.attributes
        if self.random.random() < 0.01:
            attributes = self.random.choice(BAD_ATTRIBUTES)
        texts = {"attributes": attributes, "time": json.dumps(self._time(event.time))}
        texts |= {it: json.dumps(getattr(event, it)) for it in _FIELDS if it not in texts}
        parts = (f'"{it}"{self.colon}{texts[it]}' for it in self.order if it not in self.without)
        return f"{{{self.comma.join(parts)}}}{self.end}".encode()

    def _time(self, micros: int) -> str:
        text = rfc3339(micros)
        return text if self.random.random() < 0.9 else text.removesuffix("Z") + self.random.choice(["+00:00", "00Z"])


def lines(random: Random, events: list[Event], oddities: float) -> Iterator[bytes]:
    """The events as programs write them, with others in between: so many for each, on the average."""
    programs = [Program(random) for _ in range(random.choice([1, 1, 2, 3]))]
    for event in events:
        while random.random() < oddities:
            yield random.choice([random.choice(BAD), random.choice(ODD)])
        line = random.choice(programs).line(event)
        yield line
        if random.random() < 0.03:
            yield line
