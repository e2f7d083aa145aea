"""YAML nodes → the JSON that an event carries. Numbers keep their digits, and t0+48h becomes a timestamp."""

import re
from collections.abc import Mapping

import msgspec

from rules.diagnostic import Check, Problems, quoted
from rules.parse.value import described, is_nothing, refuse
from rules.parse.yaml_tree import Map, Node, Scalar, Sequence, Style
from rules.story.time import parse_time
from store.instant import rfc3339

Json = msgspec.Raw | str | bool | None | list["Json"] | dict[str, "Json"]
"""A number is the text that was written."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400  # characters; more is no number of anybody's
_RELATIVE = re.compile(r"t0([-+]\S+)?")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def json_object(node: Node, key: str, t0: int, problems: Problems) -> dict[str, Json]:
    """The members of a map; empty after a report, or where there is nothing. `t0`: µs UTC."""
    if not isinstance(node, Map):
        if not is_nothing(node):
            refuse(node, key, "a map, such as {amount: 12.5, country: DE}", problems)
        return {}
    return {entry.key.text: _json(entry.value, entry.key.text, t0, problems) for entry in node.entries}


def json_text(members: Mapping[str, Json]) -> str:
    return msgspec.json.encode(dict(members)).decode()


def _json(node: Node, key: str, t0: int, problems: Problems) -> Json:
    match node:
        case Map():
            return json_object(node, key, t0, problems)
        case Sequence(items=items):
            return [_json(item, key, t0, problems) for item in items]
        case Scalar(style=Style.PLAIN):
            return _plain(node, key, t0, problems)
        case Scalar(text=text):
            return text
    return None


def _plain(node: Scalar, key: str, t0: int, problems: Problems) -> Json:
    if is_nothing(node):
        return None
    if node.text in _BOOLEANS:
        return _BOOLEANS[node.text]
    if _NUMBER.fullmatch(node.text) and len(node.text) <= _LONGEST_NUMBER:
        return msgspec.Raw(node.text.encode())
    if described(node).startswith("the number"):
        message = f"{quoted(key)}: {quoted(node.text)} is no number as JSON writes it"
        problems.error(node.at, Check.NUMBER, message, f"if it is meant as text, put it in quotes: '{node.text[:40]}'")
        return None
    if relative := _RELATIVE.fullmatch(node.text):
        return _instant(node, relative[1] or "+0", key, t0, problems)
    return node.text


def _instant(node: Scalar, offset: str, key: str, t0: int, problems: Problems) -> Json:
    try:
        return rfc3339(parse_time(offset, t0))
    except ValueError as error:
        hint = f"if it is meant as text, put it in quotes: '{node.text[:40]}'"
        problems.error(node.at, Check.TIMESTAMP, f"{quoted(key)}: {error}; this is {quoted(node.text)}", hint)
        return None
