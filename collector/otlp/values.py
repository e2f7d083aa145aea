"""OTLP's values as JSON has them."""

import base64
import math
from collections import Counter
from collections.abc import Collection

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from collector.acceptance import printable
from collector.errors import Refused

Natural = None | bool | int | float | str | list["Natural"] | dict[str, "Natural"]


def members(pairs: Collection[KeyValue]) -> dict[str, Natural]:
    """Key-value pairs as the object they stand for. Raises `Refused` that names the pair."""
    try:
        # Text is told apart here, because most values are text, and a call for each of them would take as long again.
        found = {pair.key: (value := pair.value).string_value or natural(value) for pair in pairs}
    except Refused:
        raise _named(pairs) from None
    if len(found) != len(pairs):
        keys = Counter(pair.key for pair in pairs)
        raise Refused(printable(keys.most_common(1)[0][0]), "occurs more than once")
    return found


def _named(pairs: Collection[KeyValue]) -> Refused:
    """What is wrong with the first pair that something is wrong with."""
    for pair in pairs:
        try:
            natural(pair.value)
        except Refused as refused:
            return Refused(printable(f"{pair.key}.{refused.field}" if refused.field else pair.key), refused.reason)
    raise AssertionError("nothing is wrong with any of them")


def natural(value: AnyValue) -> Natural:
    """A value as JSON has it. Raises `Refused` for a number that JSON has not."""
    match value.WhichOneof("value"):
        case "double_value":
            if not math.isfinite(value.double_value):
                raise Refused("", "NaN and Infinity can't be stored")
            return value.double_value
        case "int_value":
            return value.int_value
        case "bool_value":
            return value.bool_value
        case "string_value":
            return value.string_value
        case "kvlist_value":
            return members(value.kvlist_value.values)
        case "array_value":
            return [natural(item) for item in value.array_value.values]
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
    return None


def find(pairs: Collection[KeyValue], key: str) -> Natural:
    return next((natural(pair.value) for pair in pairs if pair.key == key), None)


def hex_of(identifier: bytes) -> str:
    """Lower-case hex; all zeros mean that there is none."""
    return identifier.hex() if any(identifier) else ""
