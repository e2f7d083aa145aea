"""Names: what the instances are called, and how names stand in YAML and in expressions."""

import json
import re
import unicodedata
from collections.abc import Collection, Sequence

from rules.expression import START
from rules.parse.reference import STEPS

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HAPPENED = re.compile(
    r".+ed|.+ion|sent|made|paid|begun|bought|sold|new|start|begin|open|submit|request", re.IGNORECASE
)
_DONE_TO_IT = frozenset(
    [
        *("create", "place", "open", "start", "begin", "register", "submit", "receive", "file", "new", "make", "book"),
        *("send", "request"),
    ]
)
_SMALL = frozenset(["of", "for", "to", "from", "by", "in", "on", "at", "with", "the", "a", "an"])

# All that CEL keeps for itself is in small letters: a name with anything else is a plain word to it.
_PLAIN_WORD = re.compile(r"(?=.*[A-Z0-9_])[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PLAIN_YAML = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ ./-]{1,2}[A-Za-z0-9_]+)*", re.ASCII)
_NO_TEXT = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_LONGEST = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def tokens(name: str) -> list[str]:
    """The words of a name, in small letters: `OrderPlaced` and `shop.order_placed` end in `order`, `placed`."""
    *_, before, last = ["", *re.split(r"[./:]", name.strip("./: "))]
    words = _words(last)
    return words if len(words) > 1 else [*_words(before), *words]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _HUMP.sub(" ", text).lower())


def noun(start: str) -> str:
    """What something happened to when the start event happened; empty where the name does not say."""
    words = tokens(start)
    if len(words) < 2 or _SMALL & set(words) or len(words) > 4:
        return ""
    if words[0] in _DONE_TO_IT:
        return " ".join(words[1:])
    return " ".join(words[:-1]) if _HAPPENED.fullmatch(words[-1]) else ""


def plural(noun: str) -> str:
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|z|ch|sh)$", noun) else f"{noun}s"


def kebab(text: str) -> str:
    """Words of plain letters and digits, joined by dashes; empty where there are none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(_words(plain))


def can_be_written(name: str) -> bool:
    """Whether a rule can name this at all."""
    escaped = all(letter.isprintable() or letter < "\N{REPLACEMENT CHARACTER}" for letter in name)
    return bool(name.strip()) and len(name) <= _LONGEST and escaped and not _CONTROL.search(name)


def in_yaml(text: str) -> str:
    """Text as a scalar: plain where that is safe, else in double quotes."""
    if _PLAIN_YAML.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def expression_in_yaml(expression: str) -> str:
    """An expression as a scalar: in single quotes where YAML would take a part of it for its own."""
    unsafe = re.search(r": |:$| #|^\W|[^ -~]", expression)
    return f"'{expression.replace(chr(39), chr(39) * 2)}'" if unsafe else expression


def step_name(event: str) -> str:
    """What the step of an event is called: like the event, unless expressions use that word."""
    return f"{event}-event" if event in (START, STEPS) else event


def compared(attribute: str, sign: str, values: Sequence[str]) -> str:
    """A comparison in an expression; the values are JSON texts."""
    literals = [json.dumps(json.loads(value), ensure_ascii=False) for value in values]
    return f"{attribute} {sign} " + (f"[{', '.join(literals)}]" if sign == "in" else literals[0])


def of_start(start: str, attribute: str, steps: Collection[str]) -> str:
    """An attribute of the start event in an expression."""
    named = _PLAIN_WORD.fullmatch(start) is not None and start not in steps
    return _dotted(start if named else "start", attribute)


def of_step(step: str, attribute: str) -> str:
    """An attribute of a step in an expression."""
    return _dotted(step if _PLAIN_WORD.fullmatch(step) else f"steps[{json.dumps(step, ensure_ascii=False)}]", attribute)


def _dotted(owner: str, attribute: str) -> str:
    if _ATTRIBUTE.fullmatch(attribute):
        return f"{owner}.{attribute}"
    return f"{owner}[{json.dumps(attribute, ensure_ascii=False)}]"
