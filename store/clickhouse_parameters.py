"""Long lists as query parameters."""

import re
from collections.abc import Iterator, Mapping, Sequence

# A server takes at most 128 KiB in one field of a form (`http_max_field_value_size`), where long parameters travel.
FIELD = 131_000

# A character is at most four bytes, escaped or not; a string has two quotes, a comma and a space.
_WORST_CHARACTER = 4
_AROUND_A_STRING = 4


def fitting(sql: str, parameters: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The same query with every `Array(String)` that is too long for one parameter cut into several.

    The engine joins the constants before it looks at its index, so that `IN` costs the same.
    """
    fitted: dict[str, object] = {}
    for name, value in parameters.items():
        parts = list(_parts(value)) if isinstance(value, list | tuple) and _is_long(value) else []
        if len(parts) < 2:
            fitted[name] = value
            continue
        names = [f"{name}__{number}" for number in range(len(parts))]
        joined = ", ".join(f"{{{part}:Array(String)}}" for part in names)
        sql = re.sub(rf"\{{\s*{re.escape(name)}\s*:\s*Array\(String\)\s*\}}", f"arrayConcat({joined})", sql)
        fitted |= zip(names, parts, strict=True)
    return sql, fitted


def _is_long(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values) and sum(map(_size, values)) > FIELD


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    room = FIELD
    for value in values:
        size = _size(value)
        if part and size > room:
            yield part
            part, room = [], FIELD
        part.append(value)
        room -= size
    yield part


def _size(value: object) -> int:
    return len(str(value)) * _WORST_CHARACTER + _AROUND_A_STRING
