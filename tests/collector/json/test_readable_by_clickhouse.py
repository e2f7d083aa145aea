"""Whatever attributes are accepted, ClickHouse's own parser reads them as Python's does. One query for thousands."""

import json
import random

from collector.acceptance import Acceptance
from collector.errors import Refused
from collector.json.event import read_event
from store.clickhouse import ClickHouse

ATOMS = (
    *("0", "-0", "1.50", "1e5", "1E+05", "1e308", "1e309", "-1e400", "1e-400", "0." + "0" * 400 + "1e600"),
    *("9223372036854775807", "18446744073709551615", "18446744073709551616", "9" * 400, "01", "1.", "+1", "NaN"),
    *(
        '""',
        '"text"',
        '"12.5"',
        '":"',
        r'"\""',
        r'"\ud83d\ude00"',
        r'"\ud800"',
        r'"\udc00\ud800"',
        r'"\u0000"',
        '"\x7f"',
    ),
    *("true", "false", "null", "nul", "[]", "{}", '"\u2028"', '"é"', r'"\x"', r'"\u12g4"', '"\t"', "Infinity"),
)
KEYS = ('"a"', '"b"', '"a.b"', '""', r'"\u0061"', '"é"', r'"\ud800"', '"__proto__"', '":"')
WHOLE = '{"correlation_id":"o-1","name":"A","time":"2025-11-20T12:00:00Z","attributes":%s}'


def some_json(chance: random.Random, depth: int = 0) -> str:
    space = chance.choice(["", "", "", " ", "\t", "\n"])
    match chance.randrange(10):
        case 0 | 1 if depth < 4:
            return f"[{space}{','.join(some_json(chance, depth + 1) for _ in range(chance.randrange(4)))}]"
        case 2 | 3 | 4 if depth < 4:
            return some_object(chance, depth)
        case _:
            return space + chance.choice(ATOMS)


def some_object(chance: random.Random, depth: int = 0) -> str:
    colon = chance.choice([":", ":", ": ", " :", "\t: "])
    count = chance.randrange(4)
    return "{" + ",".join(chance.choice(KEYS) + colon + some_json(chance, depth + 1) for _ in range(count)) + "}"


def test_accepted_attributes_are_read_by_clickhouse(clickhouse: ClickHouse, terms: Acceptance) -> None:
    chance = random.Random(20)
    accepted = []
    for _ in range(20_000):
        text = some_object(chance)
        try:
            accepted.append(read_event((WHOLE % text).encode(), terms).attributes)
        except Refused:
            continue
    assert len(accepted) > 4_000
    rows = clickhouse.query(
        "SELECT isValidJSON(text), JSONExtractKeys(text) FROM (SELECT arrayJoin({texts:Array(String)}) AS text)",
        {"texts": sorted(set(accepted))},
    )
    assert rows == [(1, list(json.loads(text))) for text in sorted(set(accepted))]


def test_each_atom_is_accepted_exactly_if_clickhouse_reads_it(clickhouse: ClickHouse, terms: Acceptance) -> None:
    texts = [f'{{"a":{atom}}}' for atom in ATOMS]
    rows = clickhouse.query(
        "SELECT isValidJSON(text) FROM (SELECT arrayJoin({texts:Array(String)}) AS text)", {"texts": texts}
    )
    assert [accepted(text, terms) for text in texts] == [bool(valid) for (valid,) in rows]


def accepted(text: str, terms: Acceptance) -> bool:
    try:
        return read_event((WHOLE % text).encode(), terms).attributes == text
    except Refused:
        return False
