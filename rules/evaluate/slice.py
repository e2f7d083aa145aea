"""Parts of a share, so small that each can be looked at in one go."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.compile.sql import TRUE, Column, Constant, Sql, Value, call, equals, every
from store.clickhouse import ClickHouse
from store.shares import ALL, Share

_IN_SHARE = "cityHash64(correlation_id) BETWEEN {lowest:UInt64} AND {highest:UInt64}"

IN_FRACTION = f"cityHash64(correlation_id) % {{parts:UInt32}} = {{part:UInt32}} AND {_IN_SHARE}"
"""The condition in text, with the `parameters` of the fraction."""

IN_SLICE = f"""correlation_id >= {{begin:String}} AND ({{end:String}} = '' OR correlation_id < {{end:String}})
    AND {_IN_SHARE}"""
"""The condition in text, with the `parameters` of the slice."""

# A sample is quicker than the quantiles themselves, and equal to all if they are few.
_SAMPLE = "SELECT arraySort(groupArraySample(10000, 1)(correlation_id)) FROM events"


@dataclass(frozen=True, slots=True)
class Fraction:
    """One of `parts` equal parts of a share, whatever is stored. They are told by what is left of a hash and shares by
    its height, so that neither makes the other unequal."""

    parts: int = 1
    part: int = 0
    share: Share = ALL

    @property
    def condition(self) -> Sql:
        """On `correlation_id`."""
        hashed = call("cityHash64", Column("correlation_id"))
        of_parts = equals(call("modulo", hashed, Constant(self.parts)), Constant(self.part)) if self.parts > 1 else TRUE
        return every(of_parts, within(self.share))

    @property
    def parameters(self) -> Mapping[str, object]:
        return {"parts": self.parts, "part": self.part, **_bounds(self.share)}


@dataclass(frozen=True, slots=True)
class Slice:
    """Of a share the correlation IDs from `begin` on and before `end`, '' for no bound. Tables are sorted by them: what
    is read for a slice is as much as there is in it."""

    begin: str = ""
    end: str = ""
    share: Share = ALL

    @property
    def condition(self) -> Sql:
        """On `correlation_id`."""
        lower = call("greaterOrEquals", Column("correlation_id"), Value(self.begin, "String")) if self.begin else TRUE
        upper = call("less", Column("correlation_id"), Value(self.end, "String")) if self.end else TRUE
        return every(lower, upper, within(self.share))

    @property
    def parameters(self) -> Mapping[str, object]:
        return {"begin": self.begin, "end": self.end, **_bounds(self.share)}


def cut(clickhouse: ClickHouse, pieces: int, share: Share) -> list[Slice]:
    """The share in so many slices of about equal size, or in fewer. Raises StoreUnavailable."""
    [(sample,)] = clickhouse.query(_SAMPLE) if pieces > 1 else [([],)]
    places = (len(sample) * piece // pieces for piece in range(1, pieces))
    bounds = list(dict.fromkeys(sample[place] for place in places if sample and sample[place] != sample[0]))
    return [Slice(begin, end, share) for begin, end in zip(["", *bounds], [*bounds, ""], strict=True)]


def within(share: Share) -> Sql:
    """The condition on `correlation_id` to be of the share."""
    if share.of == 1:
        return TRUE
    hashed = call("cityHash64", Column("correlation_id"))
    lowest, highest = Value(share.lowest, "UInt64"), Value(share.highest, "UInt64")
    return every(call("greaterOrEquals", hashed, lowest), call("lessOrEquals", hashed, highest))


def _bounds(share: Share) -> Mapping[str, object]:
    return {"lowest": share.lowest, "highest": share.highest}
