"""What may be lacking, and is said of what is found in spite of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """What was accepted until `until` (µs UTC) may be lacking, for this reason; if `names` are given, of these."""

    until: int
    reason: str
    names: tuple[str, ...] = ()
