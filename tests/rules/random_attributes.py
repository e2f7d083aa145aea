"""Random attributes of events, as JSON text: mostly what a rule expects, now and then something odd."""

from datetime import UTC, datetime, timedelta
from random import Random

NUMBERS = ["0", "1", "2", "3", "2.0", "1.50", "2.5"]
ODD_NUMBERS = [
    "-0",
    "-0.0",
    "-1",
    "1e2",
    "1E-7",
    "0.1",
    "1e308",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
]
STRINGS = ['"DE"', '"FR"', '"US"', '"urgent"', '"b"']
ODD_STRINGS = [
    '""',
    '"de"',
    '"D\\u0045"',
    '"2"',
    '"true"',
    '"Ünïcode ☃ 😀"',
    '"\\u00e9\\ud83d\\ude00"',
    '"say \\"hi\\" \\\\ there"',
    "\"it's \\\\' \\/\"",
    '"a\\nb"',
    '"b\\r\\n\\t"',
    '"a\\u0000b"',
    '" DE"',
    '"%_{x:String}"',
]
ODD_VALUES = ["null", "null", "true", "false", "{}", "[]", '{"b":1}', "[1]", '["DE"]', *ODD_NUMBERS, *ODD_STRINGS]
LISTS = ['["DE","FR"]', '["urgent"]', "[]", "[1,2.0,3]", '["b", 2, true]']
ODD_LISTS = [
    '["DE",null]',
    "[null]",
    '[[1],{"b":1}]',
    "[9007199254740993, 18446744073709551616]",
    '["18446744073709551616"]',
    "[true,false]",
]
NO_TIMESTAMPS = [
    '"soon"',
    '""',
    '"2026-02-30T00:00:00Z"',
    '"2026-02-29"',
    '"2026-13-01"',
    '"2026-1-1"',
    '"2026-03-01T12:00Z"',
    '"2026-03-01T24:00:00Z"',
    '"2026-03-01T12:60:00Z"',
    '"2026-03-01T12:00:60Z"',
    '"2026-03-01T12:00:00.Z"',
    '"2026-03-01T12:00:00,5Z"',
    '"2026-03-01T12:00:00+0100"',
    '"2026-03-01T12:00:00+25:00"',
    '" 2026-03-01T12:00:00Z"',
    '"2026-03-01T12:00:00Z\\n"',
    '"2026-03-01Z"',
    '"1899-12-31T23:59:59Z"',
    '"1900-01-01T00:00:00+00:01"',
    '"9999-12-31T23:59:59-00:01"',
    '"1772366400"',
    "1e300",
    "-1e15",
    "253402300800",
    "true",
]
RARE_TIMESTAMPS = [
    '"1900-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59.9999999Z"',
    '"1969-12-31T23:59:59.9999999Z"',
    '"2024-02-29"',
    "-1",
    "-0.0000005",
    "0.0000005",
    "253402300799",
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def attributes(random: Random, around: int, unit: int) -> str:
    """The JSON text of one event's attributes; timestamps in it lie near `around` (µs), on a grid of `unit` (µs)."""
    members = {
        '"amount"': value(random, NUMBERS),
        '"n"': value(random, NUMBERS),
        '"country"': value(random, STRINGS),
        '"note"': value(random, STRINGS + ODD_STRINGS),
        '"flag"': value(random, ["true", "true", "false"]),
        '"tags"': value(random, LISTS, ODD_LISTS),
        '"promised"': a_time(random, around, unit),
        '"meta"': nested(random),
        '"a.b"': value(random, NUMBERS),
        '"a"': value(random, ['{"b":1}', '{"b":2,"c":"x"}', '{"b": null}']),
    }
    names = [name for name in members if random.random() < 0.8]
    random.shuffle(names)
    colon = random.choice([":", ":", ": ", " :\t"])
    return "{" + random.choice([",", ", ", " ,\n"]).join(name + colon + members[name] for name in names) + "}"


def value(random: Random, usual: list[str], odd: list[str] = ODD_VALUES) -> str:
    return random.choice(usual if random.random() < 0.88 else odd)


def nested(random: Random) -> str:
    if random.random() < 0.1:
        return random.choice(ODD_VALUES)
    return f'{{"b": {value(random, NUMBERS)}, "c": {{"d": {value(random, STRINGS)}}}, "b.c": 5}}'


def a_time(random: Random, around: int, unit: int) -> str:
    """A moment as events carry it: RFC 3339 in its many shapes, a date, seconds as a number, or none at all."""
    kind = random.random()
    if kind < 0.08:
        return random.choice(NO_TIMESTAMPS)
    if kind < 0.12:
        return random.choice(RARE_TIMESTAMPS)
    if kind < 0.15:
        return random.choice(ODD_VALUES)
    micros = around + random.randint(-2, 10) * unit + random.choice([-1, 0, 0, 0, 1])
    if kind < 0.25:
        return repr(micros / 1e6)
    if kind < 0.3:
        return str(micros // 1_000_000)
    return f'"{written(random, micros)}"'


def written(random: Random, micros: int) -> str:
    zone, minutes = random.choice(
        [("Z", 0), ("z", 0), ("", 0), ("+00:00", 0), ("-00:00", 0), ("+05:30", 330), ("-03:00", -180)]
    )
    local = EPOCH + timedelta(microseconds=micros, minutes=minutes)
    if random.random() < 0.05:
        return local.strftime("%Y-%m-%d")
    between = random.choice(["T", "T", "t", " "])
    fraction = local.strftime("%f") + random.choice(["", "", "9", "999999", "0"])
    if local.microsecond == 0 and random.random() < 0.7:
        fraction = random.choice(["", "0", "000"])
    return local.strftime(f"%Y-%m-%d{between}%H:%M:%S") + (f".{fraction}" if fraction else "") + zone
