"""Lines of JSON that are most likely good events, told by what it takes no reading to see.

What `statement` can't see is looked at here: that nothing is escaped, so that a string has no quote in it, and how
lines begin and end. What would be in doubt there anyway is not sent: an empty object, which looks like its text.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from collector.acceptance import Acceptance
from collector.errors import Refused
from collector.json.event import source_of
from collector.json.quick import DEFAULT_SOURCE
from collector.lines import MARK, Lines

_BETWEEN = b"}\n{"
_ODD = (b"\\", b"\f", b"\v")  # escapes, and blanks that are none in JSON
_SOURCE = b'"source"'


def plain_lines(body: bytes, terms: Acceptance) -> Lines | None:
    """The lines of a body, for ClickHouse to read; `None` where anything about them is unusual."""
    body = body.removesuffix(b"\n")
    lines = body.split(_BETWEEN)
    if terms.document is not None or not _are_plain(lines, body, terms):
        return None
    sources = _sources(lines, body, terms)
    if sources is None:
        return None
    mark = f'"{MARK}":{terms.now},'.encode()
    if _SOURCE not in body:
        mark += b'"source":%s,' % msgspec.json.encode(next(iter(sources)))
    begin = b"{" + mark
    lines[0] = begin + lines[0][1:]
    return Lines((b"}\n" + begin).join(lines), mark, sources, terms)


def _are_plain(lines: Sequence[bytes], body: bytes, terms: Acceptance) -> bool:
    return (
        body.startswith(b"{")
        and body.endswith(b"}")
        and not any(odd in body for odd in _ODD)
        and body.count(b"\n") == len(lines) - 1
        and len(lines) <= terms.max_batch
        and max(map(len, lines)) <= terms.max_event
        and b"{}" not in lines[0]
    )


def _sources(lines: Sequence[bytes], body: bytes, terms: Acceptance) -> Mapping[str, int] | None:
    """How many events are of which source; `None` where one may not be, or has a mapping."""
    counts = _named(lines, body, terms)
    try:
        fine = all(source and terms.check_source(source, DEFAULT_SOURCE) == source for source in counts)
    except Refused:
        return None
    mapped = terms.sources and any(terms.sources.of(source) is not None for source in counts)
    return counts if fine and not mapped else None


def _named(lines: Sequence[bytes], body: bytes, terms: Acceptance) -> Mapping[str, int]:
    """Where all name the same, that is seen without looking at each."""
    first = source_of(lines[0] if len(lines) == 1 else lines[0] + b"}", terms)
    text = first.encode()
    named = body.count(_SOURCE)
    same = body.count(b'"source":"%s"' % text) or body.count(b'"source": "%s"' % text)
    if not named or named == len(lines) == same:
        return {first: len(lines)}
    return Counter(source_of(line, terms) for line in body.split(b"\n"))
