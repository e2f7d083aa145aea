"""How far the rules have come in all shares, whoever has them: each process writes down what it knows of its own."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from rules.evaluate.staleness import NotJudged
from store.tables import rule_shares


class Progress(NamedTuple):
    """Of a workflow: pieces of history judged, of how many, and what is too old to be judged."""

    done: int = 0
    total: int = 0
    outdated: int = 0
    frozen: int = 0


ByWorkflow = Mapping[str, Progress]


def known(pieces: Mapping[str, tuple[int, int]], not_judged: Mapping[str, NotJudged]) -> ByWorkflow:
    told = {}
    for workflow in pieces.keys() | not_judged.keys():
        old = not_judged.get(workflow, NotJudged())
        told[workflow] = Progress(*pieces.get(workflow, (0, 0)), old.outdated, old.frozen)
    return told


def read(connection: Connection) -> dict[int, dict[str, Progress]]:
    """By the number of the share, as it was written last."""
    found: dict[int, dict[str, Progress]] = {}
    for share, workflow, *told in connection.execute(select(rule_shares)):
        found.setdefault(share, {})[workflow] = Progress(*told)
    return found


def write(connection: Connection, share: int, told: ByWorkflow) -> None:
    """In place of what there was of the share, within the caller's transaction."""
    connection.execute(delete(rule_shares).where(rule_shares.c.share == share))
    rows = [{"share": share, "workflow": workflow, **it._asdict()} for workflow, it in told.items()]
    if rows:
        connection.execute(insert(rule_shares), rows)


def total(all_: Iterable[ByWorkflow]) -> dict[str, Progress]:
    summed: dict[str, Progress] = {}
    for told in all_:
        for workflow, it in told.items():
            before = summed.get(workflow, Progress())
            summed[workflow] = Progress(*(one + other for one, other in zip(before, it, strict=True)))
    return summed
