"""What the rules of a workflow were, and what a change changed. Times are µs UTC."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from sqlalchemy import Connection, select

from store.tables import rule_texts

MOST = 100


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule as it came into force."""

    version: int
    taken_at: int
    rule_hash: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A text, and what differs from `before`, the one that it came after: the same version as it was, or else the
    version before it; `None` of the first. Lines begin with `+`, `-`, a blank, or `@` where some are left out."""

    text: RuleText
    before: RuleText | None

    @property
    def lines(self) -> Sequence[str]:
        if self.before is None:
            return [f" {line}" for line in self.text.text.splitlines()]
        told = unified_diff(self.before.text.splitlines(), self.text.text.splitlines(), lineterm="", n=4)
        return [line for number, line in enumerate(told) if number > 1]  # the first two name files


def of_workflow(connection: Connection, workflow: str) -> list[RuleText]:
    """The newest first, at most `MOST`."""
    columns = [rule_texts.c[name] for name in RuleText.__dataclass_fields__]
    newest = (rule_texts.c.taken_at.desc(), rule_texts.c.version.desc())
    rows = connection.execute(select(*columns).where(rule_texts.c.workflow == workflow).order_by(*newest).limit(MOST))
    return [RuleText(*row) for row in rows]


def changes(texts: Sequence[RuleText]) -> Iterator[Change]:
    """Of texts that come newest first, each with what it came after."""
    for place, text in enumerate(texts):
        earlier = texts[place + 1 :]
        same = (it for it in earlier if it.version == text.version)
        yield Change(
            text,
            next(same, None)
            or max((it for it in earlier if it.version < text.version), key=lambda it: it.version, default=None),
        )
