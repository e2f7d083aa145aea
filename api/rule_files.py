"""The rule files and what became of them, as the evaluator tells of them. Times are µs UTC."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from store.tables import rule_files


@dataclass(frozen=True, slots=True)
class RuleFile:
    """`workflow` and what follows it tell of the rule in force, and are empty where none is.

    `diagnostics`: what is wrong with what was refused, or else the warnings. By the rule in force `done` of `total`
    pieces of history have been judged. Of its workflow's instances `outdated` are older than every version, and
    `frozen` older than retention: they are not judged.
    """

    file: str
    workflow: str
    version: int | None
    effective_from: int | None
    description: str
    owner: str
    steps: Sequence[str]
    rule_hash: str
    taken_at: int | None
    refused_at: int | None
    diagnostics: str
    done: int
    total: int
    outdated: int
    frozen: int

    @property
    def in_force(self) -> bool:
        return self.taken_at is not None

    @property
    def refused(self) -> bool:
        return self.refused_at is not None


def of_all(connection: Connection) -> tuple[RuleFile, ...]:
    """In order of workflow, version and file; files of which nothing is in force come first."""
    order = (rule_files.c.workflow, rule_files.c.version, rule_files.c.file)
    return tuple(_file(row) for row in connection.execute(select(rule_files).order_by(*order)).mappings())


def _file(row: RowMapping) -> RuleFile:
    values: Mapping[str, Any] = {**row, "steps": tuple(json.loads(row["steps"]))}
    return RuleFile(**values)
