"""Events that nobody here has read: lines of JSON, for ClickHouse to read and to check."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from collector.acceptance import Acceptance

MARK = f"at_{secrets.token_hex(4)}"
"""The key that each line is given, with when it was accepted (µs UTC). No sender knows it: the first object of a line
has it, and a second one has not."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one request. `text` has the objects, each marked with `mark`; `sources`: how many are of which."""

    text: bytes
    mark: bytes
    sources: Mapping[str, int]
    terms: Acceptance

    def __len__(self) -> int:
        return sum(self.sources.values())

    @property
    def accepted_at(self) -> int:
        """µs UTC."""
        return self.terms.now

    @property
    def body(self) -> bytes:
        """As they came."""
        return self.text.replace(b"{" + self.mark, b"{")
