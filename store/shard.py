"""Shards of a ClickHouse cluster: each has an equal range of the hashes of all correlation IDs, as shares have, so that
a share lies within one shard whole."""

from typing import NamedTuple


class Shard(NamedTuple):
    """The `number` of `of`, from 1 on, as ClickHouse counts them."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


ALONE = Shard()
"""Where there is no cluster."""


def sharding_key(shards: int, column: str = "correlation_id") -> str:
    """SQL: the shard, from 0 on, whose range the hash of the column is in. Each must have the same weight.

    The range of the shard `i` begins at 2^64 * i / shards, rounded down: as `store.shares.Share.lowest`.
    """
    return f"toUInt16(bitShiftRight((toUInt128(cityHash64({column})) + 1) * {shards} - 1, 64))"
