"""Lines of JSON stored by ClickHouse, which reads them and checks that each is plainly a good event.

What holds for every event is said once more here, in SQL and stricter than in `event`: what that refuses must be
refused here, and what is taken must become the same row. One line that is in any doubt refuses all.
"""

from collections.abc import Mapping, Sequence

from collector.acceptance import LONGEST, NOTHING
from collector.json.attributes import MAX_DEPTH
from collector.lines import MARK, Lines
from store.clickhouse import ClickHouse
from store.clickhouse_text import Reader

_STRICT: Mapping[str, int | str] = {
    "input_format_skip_unknown_fields": 0,
    "input_format_allow_errors_num": 0,
    "input_format_allow_errors_ratio": 0,
    "input_format_null_as_default": 1,
    "input_format_json_ignore_unnecessary_fields": 0,  # or keys could be doubled
    "input_format_column_name_matching_mode": "'match_case'",
    "input_format_json_read_objects_as_strings": 1,  # the exact text of attributes
    "input_format_json_read_arrays_as_strings": 0,
    "input_format_json_read_numbers_as_strings": 0,
    "input_format_json_read_bools_as_strings": 0,
    "allow_simdjson": 1,  # for `isValidJSON`, which looks at UTF-8 as well
}

_NAMES = {
    "texts": "concatWithSeparator(' ', '', id, correlation_id, name, source, causation_id, trace_id, span_id)",
    "instant": "parseDateTime64BestEffort(time, 6, 'UTC')",
    # Where nothing is escaped a quote begins or ends a string, and the string before a colon is a key.
    "keys": r"""x -> extractAll(x, '"([^"]*)"[ \\t\\r\\n]*:')""",
    "without_text": """replaceRegexpAll(attributes, '"[^"]*"', '')""",
    "innermost": "extractAll(attributes, '[{][^{}]*[}]')",
    "around": "replaceRegexpAll(attributes, '[{][^{}]*[}]', '0')",
}

# An object is read as its text, where text is expected too. As strings have no quotes in them, one that is in the place
# of attributes is no object with a key.
_TEXTS = r"""
position(texts, ' {') = 0
AND (match(texts, '^[ -~]*$') OR isValidUTF8(texts) AND NOT match(texts, '[\\x00-\\x1f\\x7f-\\x{9f}]'))
AND id != '' AND source != ''
AND match(correlation_id, '^[!-~]+$') AND lower(correlation_id) NOT IN {nothing:Array(String)}
AND match(name, '[^\\s\\p{Z}]')
"""

# In these years ClickHouse reads such times as they are written; but it takes some days for others.
_DATE = "(19[7-9]|20[0-9])[0-9]-[0-9][0-9]-[0-9][0-9]"
_OF_DAY = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?"
_TIMES = f"""
match(time, '^{_DATE}T{_OF_DAY}(Z|[+]00:00)$')
AND startsWith(time, toString(toDate(instant)))
AND toUnixTimestamp64Micro(instant) <= {MARK} + {{ahead:UInt64}}
"""

# Longer integers may be too long for Python. A key may be there twice where braces are nothing but braces, and it is
# neither in one innermost object nor around them.
_ATTRIBUTES = f"""
isNull(attributes) OR startsWith(attributes, '{{') AND position(attributes, '"') > 0 AND isValidJSON(attributes)
AND countSubstrings(attributes, '{{') + countSubstrings(attributes, '[') <= {MAX_DEPTH}
AND (length(attributes) < 1000 OR NOT match(attributes, '[0-9]{{1000}}'))
AND (arrayUniq(keys(attributes)) = length(keys(attributes))
     OR countMatches(without_text, '[{{}}]') = countMatches(attributes, '[{{}}]')
     AND arrayAll(x -> arrayUniq(keys(x)) = length(keys(x)), innermost)
     AND arrayUniq(keys(around)) = length(keys(around)))
"""

_CONDITIONS = (
    f"{MARK} > 0",
    *(f"length({field}) <= {most}" for field, most in LONGEST.items()),
    _TEXTS,
    _TIMES,
    _ATTRIBUTES,
)

_EVENTS = Reader(
    table="events",
    format="JSONEachRow",
    structure=f"{MARK} UInt64, {' String, '.join(LONGEST)} String, time String, attributes Nullable(String)",
    names=_NAMES,
    columns={
        **{field: field for field in LONGEST},
        "time": "instant",
        "attributes": "ifNull(attributes, '{}')",
        "received_at": f"fromUnixTimestamp64Micro({MARK}, 'UTC')",
    },
    condition=" AND ".join(f"({condition})" for condition in _CONDITIONS),
    settings=_STRICT,
)


def write(clickhouse: ClickHouse, lines: Sequence[Lines]) -> None:
    """Store the events of all of them, or none.

    Raises `StoreRefused` where any is not plainly good, which says nothing against the others, or `StoreUnavailable`.
    """
    ahead = min(one.terms.latest - one.terms.now for one in lines)
    text = (part for one in lines for part in (one.text, b"\n"))
    clickhouse.insert_text(_EVENTS, text, sum(map(len, lines)), {"nothing": sorted(NOTHING), "ahead": ahead})
