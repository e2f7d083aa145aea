"""A file of events that the engine reads by itself: only what the rules ask for, and no object of Python for an event.

Each line has to have the shape of a good event (`collector.json.shape`) and to hold nothing that could be doubted. The
lines that do not, and those that share a correlation ID with them or of which there are copies that differ, are left
to be read with care.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from collector.acceptance import LONGEST, NOTHING, Acceptance
from collector.json.quick import DEFAULT_SOURCE
from collector.json.shape import Shape
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

_SHARE, _FEW = 0.05, 1_000  # more lines or correlation IDs than this to be read with care, and all are

_LOADED = """
CREATE TABLE loaded
(
    plain Bool, correlation_id String, time DateTime64(6, 'UTC'), name LowCardinality(String), identity UInt64,
    content UInt64 %s
)
ENGINE = Memory
"""
_MORE = ", source LowCardinality(String), id String, attributes String"
_SET_ASIDE = "CREATE TABLE set_aside (correlation_id String) ENGINE = Memory"

# There are no copies that differ, and what no rule asks for may as well be the same for all.
_EVENTS = """
CREATE VIEW events AS
SELECT correlation_id, time, name, {more}, identity, toUInt64(0) AS content
FROM loaded {where}
"""
_THE_SAME = "CAST('' AS LowCardinality(String)) AS source, '' AS id, '{}' AS attributes"
_WITHOUT = "WHERE plain AND correlation_id NOT IN (SELECT correlation_id FROM set_aside)"

# `position` counts from 1. Before the attributes stand texts without quotes: what is found first is their key.
_KEY = '"attributes":'
_ATTRIBUTES = f"""
if(position(line, '{_KEY}') = 0, '{{}}',
   substring(line, position(line, '{_KEY}') + {len(_KEY)}, length(line) - position(line, '{_KEY}') - {len(_KEY)}))
"""

# Were it mapped, all of the file would count as memory of this process.
_LINES = """
SELECT
    line,
    JSONExtract(line, 'Tuple(correlation_id String, name LowCardinality(String), time String,
                             source LowCardinality(String), id String)') AS event,
    tupleElement(event, 1) AS correlation_id,
    tupleElement(event, 2) AS name,
    parseDateTime64BestEffortOrZero(tupleElement(event, 3), 6, 'UTC') AS time,
    if(tupleElement(event, 4) = '', {default:String}, tupleElement(event, 4)) AS source,
    tupleElement(event, 5) AS id,
    %s AS plain
FROM file({path:String}, 'LineAsString', 'line String', {compression:String})
SETTINGS storage_file_read_method = 'pread'
"""

# Where the text is no JSON, nothing is found in it. A day that is none becomes another.
_FINE = f"""
correlation_id != '' AND length(correlation_id) <= {LONGEST["correlation_id"]}
AND NOT (length(correlation_id) IN {{lengths:Array(UInt64)}} AND lower(correlation_id) IN {{nothing:Array(String)}})
AND trimBoth(name) != '' AND length(name) <= {LONGEST["name"]}
AND length(source) <= {LONGEST["source"]} AND source != '{RESERVED_SOURCE}'
AND length(id) <= {LONGEST["id"]} AND length(line) <= {{longest:UInt64}}
AND startsWith(tupleElement(event, 3), toString(toDate(time)))
"""

_DOUBLED = """
INSERT INTO set_aside
SELECT DISTINCT correlation_id FROM loaded
WHERE plain AND identity IN (
    SELECT identity FROM loaded WHERE plain GROUP BY identity HAVING min(content) != max(content)
)
"""

# Two events without an id in one microsecond: which comes first, only their content says.
_IDENTITY = {True: "cityHash64(correlation_id, source, id)", False: "cityHash64(correlation_id, time)"}


@dataclass(frozen=True, slots=True)
class EngineFile:
    """`path`: absolute; `compression` as the engine calls it. `more`: rules ask for more of an event than its name and
    time. Every method raises `StoreError` where the engine cannot read the file."""

    clickhouse: ClickHouse
    path: str
    compression: str
    shapes: Sequence[Shape]
    terms: Acceptance
    more: bool

    def load(self) -> int | None:
        """Load the file, and give the number of lines that are plainly good; `None` where too many are not."""
        self.clickhouse.command(_LOADED % (_MORE if self.more else ""))
        self.clickhouse.command(_SET_ASIDE)
        identity = _IDENTITY["id" in self.shapes[0].fields]
        more = f", source, id, {_ATTRIBUTES}" if self.more else ""
        wanted = f"plain, correlation_id, time, name, {identity}, cityHash64(line){more}"
        self.clickhouse.command(f"INSERT INTO loaded SELECT {wanted} FROM ({self._lines})", self._parameters)
        [(plain, lines)] = self.clickhouse.query("SELECT countIf(plain), count() FROM loaded")
        return int(plain) if _are_few(lines - plain, lines) else None

    def doubtful(self) -> Iterator[tuple[int, bytes]]:
        """The other lines, with their numbers from 0; of one that is too long only the beginning."""
        [(plain,)] = self.clickhouse.query("SELECT min(plain) FROM loaded")
        if plain:
            return iter(())
        begin = "hex(substring(line, 1, {most:UInt64}))"
        numbered = f"SELECT rowNumberInAllBlocks() AS number, line, plain FROM ({self._lines})"
        return self._stream(f"SELECT number, {begin} FROM ({numbered}) WHERE NOT plain SETTINGS max_threads = 1")

    def set_aside(self, correlation_ids: Iterable[str]) -> bool:
        """Keep these, and those of which copies differ, apart from the others; false where they are too many."""
        self.clickhouse.insert("set_aside", {"correlation_id": list(dict.fromkeys(correlation_ids))})
        self.clickhouse.command(_DOUBLED)
        apart, lines = self._set_aside, self.clickhouse.query("SELECT count() FROM loaded")[0][0]
        more = "source, id, attributes" if self.more else _THE_SAME
        self.clickhouse.command(_EVENTS.format(more=more, where=_WITHOUT if apart else ""))
        return _are_few(apart, lines)

    def apart(self) -> Iterator[tuple[int, bytes]]:
        """The plainly good lines of what was set aside, in any order and with no numbers."""
        if not self._set_aside:
            return iter(())
        ours = "correlation_id IN (SELECT correlation_id FROM set_aside)"
        return self._stream(f"SELECT 1, hex(line) FROM ({self._lines}) WHERE plain AND {ours}")

    @property
    def _set_aside(self) -> int:
        return int(self.clickhouse.query("SELECT count() FROM set_aside")[0][0])

    def _stream(self, sql: str) -> Iterator[tuple[int, bytes]]:
        for block in self.clickhouse.stream(sql, self._parameters):
            yield from ((number, bytes.fromhex(line)) for number, line in block)

    @property
    def _lines(self) -> str:
        patterns = [f"match(line, {{{name}:String}})" for name in self._patterns]
        return _LINES % f"({' OR '.join(patterns)}) AND {_FINE}"

    @property
    def _patterns(self) -> dict[str, str]:
        """The quick ones first: the others are only tried where none of them fits."""
        quick = {f"pattern_{place}": shape.pattern for place, shape in enumerate(self.shapes)}
        return quick | {f"general_{place}": shape.general for place, shape in enumerate(self.shapes)}

    @property
    def _parameters(self) -> dict[str, object]:
        return {
            **self._patterns,
            "path": self.path,
            "compression": self.compression,
            "default": DEFAULT_SOURCE,
            "nothing": sorted(NOTHING),
            "lengths": sorted({len(text) for text in NOTHING}),
            "longest": self.terms.max_event,
            "most": self.terms.longest + 1,
        }


def _are_few(some: int, lines: int) -> bool:
    return some <= _FEW + _SHARE * lines
