"""YAML nodes → the plain values of a rule: text, flags, numbers, choices, URLs. `None`: it has been reported."""

import re
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.parse.yaml_tree import Map, Node, Refused, Scalar, Sequence, Style

Choice = TypeVar("Choice", bound=StrEnum)

# What the core schema of YAML 1.2 takes for something else than text.
_NOTHING = re.compile(r"(?:null|Null|NULL|~|)")
_BOOLEAN = re.compile(r"(?P<true>true|True|TRUE)|false|False|FALSE")
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def described(node: Node) -> str:
    """What a node is, as an author would call it."""
    match node:
        case Map():
            return "a map"
        case Sequence():
            return "a list"
        case Scalar(style=Style.PLAIN, text=text):
            if _NOTHING.fullmatch(text):
                return "nothing"
            if _BOOLEAN.fullmatch(text):
                return f"the boolean {text}"
            return f"the number {text[:40]}" if _NUMBER.fullmatch(text) else f"the text {quoted(text)}"
        case Scalar(text=text):
            return f"the text {quoted(text)}"
        case Refused():
            raise AssertionError("reported already")


def is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style is Style.PLAIN and _NOTHING.fullmatch(node.text) is not None


def plain_boolean(node: Scalar) -> bool | None:
    """The boolean that YAML reads, if it is one."""
    found = _BOOLEAN.fullmatch(node.text) if node.style is Style.PLAIN else None
    return found and found["true"] is not None


def plain_number(node: Scalar) -> bool:
    """Whether YAML reads a number."""
    return node.style is Style.PLAIN and _NUMBER.fullmatch(node.text) is not None


def refuse(node: Node, key: str, expected: str, problems: Problems, hint: str = "") -> None:
    """Report a node of the wrong type, unless it has been reported already."""
    if not isinstance(node, Refused):
        message = f"{quoted(key)} must be {expected}, not {described(node)}"
        problems.error(node.at, Check.TYPE, message, hint)


def text(node: Node, key: str, problems: Problems, expected: str = "text") -> str | None:
    """Text that is not blank. What YAML reads as a number, a boolean or null is no text unless it is quoted."""
    if not isinstance(node, Scalar):
        refuse(node, key, expected, problems)
    elif is_nothing(node) or not node.text.strip():
        problems.error(node.at, Check.NAME, f"{quoted(key)} is empty")
    elif node.style is Style.PLAIN and (_BOOLEAN.fullmatch(node.text) or _NUMBER.fullmatch(node.text)):
        refuse(node, key, expected, problems, f"if it is meant as text, put it in quotes: '{node.text[:40]}'")
    else:
        return node.text
    return None


def name(node: Node, key: str, problems: Problems, expected: str = "text") -> str | None:
    """Text on one line, for names that must match exactly."""
    found = text(node, key, problems, expected)
    if found is not None and _CONTROL.search(found):
        hint = "a block with | or > ends in a line break; write it on the line of its key" if "\n" in found else ""
        problems.error(node.at, Check.NAME, f"{quoted(key)} holds a line break or a control character", hint)
        return None
    return found


def boolean(node: Node, key: str, problems: Problems) -> bool | None:
    if isinstance(node, Scalar) and (found := plain_boolean(node)) is not None:
        return found
    hint = ""
    if isinstance(node, Scalar):
        meant = _WORDS.get(node.text.lower()) or (node.text.lower() if _BOOLEAN.fullmatch(node.text) else "")
        hint = f"write {meant}, without quotes" if meant else ""
    refuse(node, key, "true or false", problems, hint)
    return None


def choice(node: Node, key: str, choices: type[Choice], problems: Problems) -> Choice | None:
    """A member of the enumeration by its value."""
    names = [member.value for member in choices]
    expected = f"one of {', '.join(names)}"
    if not isinstance(node, Scalar) or is_nothing(node) or not node.text.strip():
        text(node, key, problems, expected)
        return None
    if node.text in names:
        return choices(node.text)
    message = f"{quoted(key)} must be {expected}, not {quoted(node.text)}{did_you_mean(node.text, names)}"
    problems.error(node.at, Check.CHOICE, message)
    return None


def integer(node: Node, key: str, least: int, most: int, problems: Problems) -> int | None:
    """A whole number from `least` to `most`, in decimal digits without quotes."""
    expected = f"{least} or {most}" if most == least + 1 else f"an integer of at least {least}"
    if not isinstance(node, Scalar) or node.style is not Style.PLAIN or not _INTEGER.fullmatch(node.text):
        hint = "write it without quotes" if isinstance(node, Scalar) and _INTEGER.fullmatch(node.text) else ""
        refuse(node, key, expected, problems, hint)
        return None
    value = int(node.text[:20])  # more digits than fit into any bound
    if least <= value <= most:
        return value
    if value > most > least + 1:
        expected = f"an integer of at most {most}"
    problems.error(node.at, Check.NUMBER, f"{quoted(key)} must be {expected}, not {quoted(node.text)}")
    return None


def url(node: Node, key: str, problems: Problems) -> str | None:
    """An absolute http(s) URL."""
    expected = "an http:// or https:// address"
    found = name(node, key, problems, expected)
    if found is not None and not is_url(found):
        problems.error(node.at, Check.ADDRESS, f"{quoted(key)} must be {expected}, not {quoted(found)}")
        return None
    return found


def is_url(address: str) -> bool:
    """Whether it is an absolute http(s) URL."""
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        return is_web and not re.search(r"[\s<>\"]", address)
    except ValueError:
        return False


def text_map(node: Node, key: str, problems: Problems) -> dict[str, str] | None:
    """A map of text to text."""
    if not isinstance(node, Map):
        refuse(node, key, "a map of text", problems)
        return None
    found: dict[str, str] = {}
    for entry in node.entries:
        label = name(entry.key, f"a key of {key}", problems)
        value = text(entry.value, entry.key.text, problems)
        if label is not None and value is not None:
            found[label] = value
    return found


def listed(node: Node, key: str, expected: str, problems: Problems) -> tuple[Node, ...] | None:
    """The items of a list that is not empty; one scalar or map counts as a list of one."""
    if isinstance(node, Sequence):
        if not node.items:
            problems.error(node.at, Check.NAME, f"{quoted(key)} is an empty list; it must be {expected}")
            return None
        return node.items
    return None if isinstance(node, Refused) else (node,)
