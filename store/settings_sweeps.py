"""Sweeps: lists of what has changed at a source of truth, compared with what is stored here. In the file only:

sweeps:
  payments: {workflow: …, step: …, get: "https://…?since={since}&after={cursor}", fields: {correlation_id: order}, …}
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from store import settings_values as values
from store.event import DAY, HOUR, MINUTE
from store.settings_branch import ANY
from store.settings_source import Given, Key

SWEEPS = "sweeps"
FIELDS = ("correlation_id", "id", "time", "amount", "status")

T = TypeVar("T")
Path = tuple[str, ...]
"""Where something stands in a JSON object: the names on the way to it."""

_PLACE = re.compile(r"\$?\{([^{}]*)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PLACES = ("since", "since_seconds", "cursor")


@dataclass(frozen=True, slots=True)
class SweepSettings:
    """`get` is the address of a page: `{since}`, `{since_seconds}` and `{cursor}` are filled in, and `${NAME}` from the
    environment, as in `headers`. `items` and `next` say where in an answer the list and the next cursor are; `fields`
    where in an item what is. `happened` and `failed` are the statuses that say so; without `fields.status` every item
    has happened. `ours`: the attribute of our event that holds the amount; `scale`: how many of their digits stand
    behind the point. `unknown`: orders that nothing was heard of are discrepancies.

    Times in µs. A pass looks at what changed since the last one less `overlap`, and compares what is older than `lag`.
    """

    name: str
    workflow: str
    step: str
    get: str
    headers: Mapping[str, str]
    items: Path
    next: Path
    fields: Mapping[str, Path]
    happened: frozenset[str]
    failed: frozenset[str]
    ours: Path
    scale: int = 0
    unknown: bool = True
    every: int = HOUR
    lag: int = 5 * MINUTE
    overlap: int = 15 * MINUTE
    look_back: int = DAY


def _path(text: str) -> Path:
    parts = tuple(text.split("."))
    if not all(parts):
        raise ValueError("expected the names on the way to it, with a dot between them, such as data.items")
    return parts


def _names(text: str) -> frozenset[str]:
    found = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise ValueError("expected statuses, with a comma between them")
    return found


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a name")
    return text


def _digits(text: str) -> int:
    if text not in tuple("0123456789"):
        raise ValueError("expected how many digits stand behind the point, 0 to 9")
    return int(text)


def _template(text: str) -> str:
    for found in _PLACE.finditer(text):
        if found[0].startswith("$") and not _VARIABLE.fullmatch(found[1]):
            raise ValueError(f"{found[0]} names no variable of the environment")
        if not found[0].startswith("$") and found[1] not in _PLACES:
            raise ValueError(
                f"{found[0]} is nothing that can be filled in; expected {{since}}, {{since_seconds}} or {{cursor}}"
            )
    return text


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://", "${")):
        raise ValueError("expected an address such as https://payments.example/charges?since={since}&after={cursor}")
    return _template(text)


_SCALARS: Mapping[str, tuple[Callable[[str], object], object]] = {
    "items": (_path, ()),
    "next": (_path, ()),
    "happened": (_names, frozenset()),
    "failed": (_names, frozenset()),
    "ours": (_path, ()),
    "scale": (_digits, 0),
    "unknown": (values.flag, True),
    "every": (values.span, HOUR),
    "lag": (values.span, 5 * MINUTE),
    "overlap": (values.span, 15 * MINUTE),
    "look_back": (values.span, DAY),
}
"""What may be left out, with what it is then."""

_REQUIRED: Mapping[str, Callable[[str], str]] = {"workflow": _name, "step": _name, "get": _address}

KEYS: Sequence[Key] = (
    *((SWEEPS, ANY, name) for name in (*_REQUIRED, *_SCALARS)),
    *((SWEEPS, ANY, "fields", name) for name in FIELDS),
    (SWEEPS, ANY, "headers", ANY),
)


class Reader(Protocol):
    """What was given, and where what is wrong with it is noted."""

    given: Mapping[Key, Given]
    problems: list[str]

    def parsed(self, given: Given, parse: Callable[[str], T]) -> T | None:
        """Its meaning; `None` where it has none, which is noted."""
        ...


def sweeps(read: Reader) -> dict[str, SweepSettings]:
    """By name, those that are complete; what is wrong with the others is noted."""
    names = dict.fromkeys(key[1] for key in read.given if key[0] == SWEEPS)
    found = ((name, _sweep(read, name)) for name in names)
    return {name: sweep for name, sweep in found if sweep is not None}


def _sweep(read: Reader, name: str) -> SweepSettings | None:
    before = len(read.problems)
    given = {key[2:]: it for key, it in read.given.items() if key[:2] == (SWEEPS, name)}

    def required(*key: str, parse: Callable[[str], T]) -> T | None:
        if key in given:
            return read.parsed(given[key], parse)
        read.problems.append(f"{SWEEPS}.{name}: {'.'.join(key)} is missing")
        return None

    told = {it: required(it, parse=parse) for it, parse in _REQUIRED.items()}
    required("fields", "correlation_id", parse=_path)
    fields = {key[1]: read.parsed(it, _path) for key, it in given.items() if key[0] == "fields"}
    headers = {key[1]: read.parsed(it, _template) for key, it in given.items() if key[0] == "headers"}
    more = {it: read.parsed(given[it,], parse) if (it,) in given else left for it, (parse, left) in _SCALARS.items()}
    if "status" in fields and not more["happened"]:
        read.problems.append(f"{SWEEPS}.{name}: happened is missing: which statuses say that it did")
    if len(read.problems) > before:
        return None
    return SweepSettings(name=name, headers=headers, fields=fields, **told, **more)  # type: ignore[arg-type]  # all parsed
