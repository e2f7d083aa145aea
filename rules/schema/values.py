"""The kinds of value in rule files, as JSON Schema (draft 7, which editors know best)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from rules.parse.keys import LARGEST_INTEGER

Schema = Mapping[str, object]

_UNITS = "".join(f"([0-9]{{1,9}}{unit})?" for unit in ("d", "h", "m", "s", "ms"))
_ISO_TIME = r"(T(?=[0-9])([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}([.,][0-9]{1,6})?S)?)?"
_DURATION = rf"({_UNITS}|P(?=.)([0-9]{{1,9}}W)?([0-9]{{1,9}}D)?{_ISO_TIME})"
_LONGER_THAN_ZERO = rf"^\s*(?=.*[1-9]){_DURATION}\s*$"
_NOT_NEGATIVE = rf"^\s*(?=[0-9P]){_DURATION}\s*$"
_SHARE = r"^[1-9][0-9]? ?%$"

TEXT: Schema = {"type": "string", "pattern": r"\S"}
LINE: Schema = {"type": "string", "pattern": r"^(?![\s\S]*[\x00-\x1f\x7f-\x9f\u2028\u2029])(?=.*\S)"}
KEBAB: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
BOOLEAN: Schema = {"type": "boolean"}
URL: Schema = {"type": "string", "pattern": '^https?://[^\\s<>"]+$'}
ADDRESS: Schema = {"type": "string", "pattern": "^https?://"}
DEADLINE: Schema = {"type": "string", "pattern": _LONGER_THAN_ZERO}
ALLOWANCE: Schema = {"anyOf": [{"type": "string", "pattern": _NOT_NEGATIVE}, {"const": 0}]}
WARNING: Schema = {"anyOf": [{"type": "string", "pattern": _SHARE}, DEADLINE]}
INSTANT: Schema = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"}
EXPRESSION: Schema = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
HEADER: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"}
ANYTHING: Schema = {"type": ["object", "array", "string", "number", "boolean", "null"]}


def integer(least: int, most: int = LARGEST_INTEGER) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def integer_or_expression(least: int) -> Schema:
    return {"anyOf": [integer(least), TEXT]}


def choice(choices: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [member.value for member in choices]}


def list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, list_of(item)]}


def map_of(value: Schema, names: Schema = LINE) -> Schema:
    return {"type": "object", "propertyNames": names, "additionalProperties": value}


def closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A map that has these keys and no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **needed}


def said(value: Schema, description: str, *examples: object, default: object = None) -> Schema:
    """With what an editor shows on hovering."""
    shown: dict[str, object] = {**value, "description": description}
    if default is not None:
        shown["default"] = default
    return {**shown, "examples": list(examples)} if examples else shown
