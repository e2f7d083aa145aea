"""What is not known about an order, in one word each and a sentence that says what to make of it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from reconcile.cases.finding import Finding
from rules.verdict import RUNAWAY, Kind


class Ambiguity(StrEnum):
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    COMPENSATION_UNKNOWN = "compensation_unknown"
    PARTIAL_COMMIT = "partial_commit"
    MISMATCH = "mismatch"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    AFTER_END = "after_end"
    LATE = "late"
    NEVER_BEGAN = "never_began"
    RUNAWAY = "runaway"
    UNKNOWN = "unknown"  # a kind of finding that is newer than this program


_OF_KIND: Mapping[str, Ambiguity] = {
    Kind.MISSING: Ambiguity.TIMED_OUT,
    Kind.FAILED: Ambiguity.FAILED,
    Kind.NOT_UNDONE: Ambiguity.COMPENSATION_UNKNOWN,
    Kind.HALF_UNDONE: Ambiguity.PARTIAL_COMMIT,
    Kind.MISMATCH: Ambiguity.MISMATCH,
    Kind.DUPLICATE: Ambiguity.DUPLICATE,
    Kind.OUT_OF_ORDER: Ambiguity.OUT_OF_ORDER,
    Kind.AFTER_END: Ambiguity.AFTER_END,
    Kind.LATE: Ambiguity.LATE,
    Kind.ORPHAN: Ambiguity.NEVER_BEGAN,
    RUNAWAY: Ambiguity.RUNAWAY,
}

SENTENCES: Mapping[Ambiguity, str] = {
    Ambiguity.TIMED_OUT: "Nothing arrived in time: it may have happened all the same. Ask the source before acting.",
    Ambiguity.FAILED: "It is known not to have happened, and nothing will make it happen by itself.",
    Ambiguity.COMPENSATION_UNKNOWN: "It was to be undone and no event says so: it may have been undone all the same.",
    Ambiguity.PARTIAL_COMMIT: "Some of it is undone and some is not: neither carried out nor taken back.",
    Ambiguity.MISMATCH: "It happened, with values that contradict what was known before: one of the two is wrong.",
    Ambiguity.DUPLICATE: "It happened more often than it may: one effect too many, or one report too many.",
    Ambiguity.OUT_OF_ORDER: "It happened before what it depends on, or without it.",
    Ambiguity.AFTER_END: "It happened after the whole was called off, and nobody may be waiting for it.",
    Ambiguity.LATE: "It happened, after its deadline. Nothing is unknown, and somebody asked to see it.",
    Ambiguity.NEVER_BEGAN: "There are events and no beginning: it was lost, or sent under another correlation ID.",
    Ambiguity.RUNAWAY: "It has more events than anything can have: what it says of its steps is of no use.",
    Ambiguity.UNKNOWN: "What was found is of a kind that this version of Noshow does not know.",
}


def ambiguities(findings: Iterable[Finding]) -> tuple[Ambiguity, ...]:
    """Of the kinds of these findings, each once, in their order."""
    return tuple(dict.fromkeys(_OF_KIND.get(finding.kind, Ambiguity.UNKNOWN) for finding in findings))
