"""A slice of a share: so many correlation IDs that they can be looked at in one go."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.compile.sql import TRUE, Column, Constant, Sql, Value, call, equals, every
from store.shares import ALL, Share

IN_SLICE = """cityHash64(correlation_id) % {parts:UInt32} = {part:UInt32}
    AND cityHash64(correlation_id) BETWEEN {lowest:UInt64} AND {highest:UInt64}"""
"""The condition in text, with the `parameters` of the slice."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One of `parts` equal parts of a share. Parts are told by what is left of a hash and shares by its height, so that
    neither makes the other unequal."""

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
        lowest, highest = self.share.lowest, self.share.highest
        return {"parts": self.parts, "part": self.part, "lowest": lowest, "highest": highest}


def within(share: Share) -> Sql:
    """The condition on `correlation_id` to be of the share."""
    if share.of == 1:
        return TRUE
    hashed = call("cityHash64", Column("correlation_id"))
    lowest, highest = Value(share.lowest, "UInt64"), Value(share.highest, "UInt64")
    return every(call("greaterOrEquals", hashed, lowest), call("lessOrEquals", hashed, highest))
