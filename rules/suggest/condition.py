"""Which attribute of the start decides whether a step comes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rules.suggest.attribute import Value

COMES, STAYS_AWAY = 0.85, 0.03  # shares from and up to which a value is said to decide
_EXPLAINED = 0.97  # share of the instances with the step in which it was expected
_KNOWN = 0.9  # share of instances that have the attribute
_SUBSTANCE = 0.02  # share of instances that each answer must have
_FEWEST = 10
_LONGEST, _DIGITS = 100, 15  # of texts and of numbers

Sign = Literal["==", "!=", "in"]


@dataclass(frozen=True, slots=True)
class Condition:
    """The step is expected if the attribute under `key` compares so with the values (JSON texts).

    `came` of the instances `among` had the step where it is expected; `strayed` of the `others` had it elsewhere.
    """

    key: str
    sign: Sign
    values: tuple[str, ...]
    came: int
    among: int
    strayed: int
    others: int


def condition(step: int, seen: int, instances: int, by_key: Mapping[str, Sequence[Value]]) -> Condition | None:
    """The attribute that decides best, if one decides almost perfectly. `seen` of the `instances` have the step."""
    found = [(key, _decision(key, step, values)) for key, values in by_key.items()]
    good = [decision for key, decision in found if decision is not None and _is_convincing(decision, seen, instances)]
    return max(good, key=lambda each: (each.came - each.strayed, -len(each.values), each.key), default=None)


def _decision(key: str, step: int, values: Sequence[Value]) -> Condition | None:
    if not all(_is_plain(value.json) for value in values):
        return None
    yes = [value for value in values if value.seen[step] >= COMES * value.instances]
    no = [value for value in values if value not in yes]
    if not yes or not no:
        return None
    sign, named = _shortest(yes, no)
    return Condition(
        key,
        sign,
        tuple(value.json for value in named),
        came=sum(value.seen[step] for value in yes),
        among=sum(value.instances for value in yes),
        strayed=sum(value.seen[step] for value in no),
        others=sum(value.instances for value in no),
    )


def _is_plain(raw: str) -> bool:
    """Whether an expression can hold the value, and a person would want to read it there."""
    value = json.loads(raw)
    if isinstance(value, str):
        return value.isprintable() and len(value) <= _LONGEST
    return isinstance(value, int | float) and len(raw) <= _DIGITS


def _shortest(yes: Sequence[Value], no: Sequence[Value]) -> tuple[Sign, Sequence[Value]]:
    if len(yes) == 1:
        return "==", yes
    return ("!=", no) if len(no) == 1 else ("in", yes)


def _is_convincing(found: Condition, seen: int, instances: int) -> bool:
    least = max(_FEWEST, _SUBSTANCE * instances)
    known = found.among + found.others
    return (
        min(found.among, found.others) >= least
        and known >= _KNOWN * instances
        and found.came >= _EXPLAINED * seen
        and found.strayed <= STAYS_AWAY * found.others
    )
