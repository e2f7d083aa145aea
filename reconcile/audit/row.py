"""A row of the audit trail once it is chained, and what its hash is made of.

The hash covers what a row tells of who did what to which instance as it stands, but of its payload (`SEALED`) only the
seal: a digest with a random salt that is stored beside it. A redaction takes payload and salt away together. The chain
stays whole then, and nobody can find out by guessing what was there.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from store.instant import rfc3339

SEALED = ("why", "customer", "external", "detail")
EMPTY = {"why": "", "customer": "", "external": "{}", "detail": "{}", "salt": ""}
"""What a redaction leaves of the payload."""

START = "0" * 64
"""What stands in the first row for the hash of the row before."""


class Row(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A line of an export is this as JSON. `at` is RFC 3339 in UTC; `external` and `detail` are JSON as it was hashed.

    `salt` is empty where the payload was redacted.
    """

    seq: int
    id: str
    at: str
    actor_kind: str
    actor: str
    what: str
    workflow: str
    correlation_id: str
    case_id: str
    step: str
    causation_id: str
    why: str
    customer: str
    external: str
    detail: str
    salt: str
    seal: str
    previous: str
    hash: str

    @property
    def is_redacted(self) -> bool:
        return not self.salt


class Head(msgspec.Struct, frozen=True):
    """The last row of the chain: whoever keeps this elsewhere sees when the tail is cut. `at`: RFC 3339, when it was
    chained; empty while there is no row."""

    seq: int
    hash: str
    at: str = ""


class End(msgspec.Struct, frozen=True):
    """The last line of an export. Unless it is a choice (`filtered`), it has every row up to `upto`."""

    head: Head
    upto: int
    filtered: bool


def from_store(values: Sequence[Any]) -> Row:
    """`values` in the order of the fields, with `at` in µs UTC."""
    seq, id_, at, *others = values
    return Row(seq, id_, rfc3339(at), *others)


def new_salt() -> str:
    return secrets.token_hex(16)


def seal_of(row: Row) -> str:
    """The seal that its payload should have."""
    return digest((row.salt, row.why, row.customer, row.external, row.detail))


def hash_of(row: Row) -> str:
    """The hash that the row should have."""
    return digest(
        (
            row.previous, str(row.seq), row.id, row.at, row.actor_kind, row.actor, row.what,
            row.workflow, row.correlation_id, row.case_id, row.step, row.causation_id, row.seal,
        )
    )  # fmt: skip


def digest(fields: Iterable[str]) -> str:
    """SHA-256, in hex, of the fields as netstrings (`5:hello,`): no two lists of fields have the same bytes."""
    return hashlib.sha256(b"".join(b"%d:%s," % (len(it), it) for it in _encoded(fields))).hexdigest()


def chained(rows: Sequence[Row], head: Head) -> list[Row]:
    """The rows in their order, numbered, sealed and chained behind the head."""
    done: list[Row] = []
    seq, before = head.seq, head.hash
    for row in rows:
        seq += 1
        salted = msgspec.structs.replace(row, seq=seq, previous=before, salt=new_salt())
        sealed = msgspec.structs.replace(salted, seal=seal_of(salted))
        before = hash_of(sealed)
        done.append(msgspec.structs.replace(sealed, hash=before))
    return done


def _encoded(fields: Iterable[str]) -> list[bytes]:
    return [it.encode() for it in fields]
