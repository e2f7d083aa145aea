"""Short ways to write a rule file and events, and to have both judges judge: the oracle, and the compiled rule.

Times are seconds after `ORIGIN`. Events are written as `5 Paid {"amount": 3}`, set apart by
`;` or lines; `7 confirmed(Paid)` and `7 absent(Paid)` are testimony.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

from rules.parse.rule import parse
from rules.ruleset import EVERYTHING, Lives
from rules.spec import Workflow
from rules.verdict import WHOLE, Answer, Verdict
from store.clickhouse import ClickHouse
from store.event import SECOND, Event
from tests.rules.agreement import differences, judge_one
from tests.rules.oracle_events import OURS
from tests.rules.shop import NOON as ORIGIN
from tests.rules.shrink import Example

LATER = 1_000  # seconds: by then nothing is awaited any more
LINE = re.compile(r"(?P<time>-?[\d.]+) (?P<name>\w+)(\((?P<step>\w+)\))?( (?P<attributes>{.*}))?")


@dataclass(frozen=True)
class Both:
    """Both judges, who must agree before the answer is given."""

    clickhouse: ClickHouse

    def answer(
        self, rule: str, events: str | Sequence[Event], at: float = LATER, lives: Lives = EVERYTHING
    ) -> Answer | None:
        made = happened(events) if isinstance(events, str) else events
        example = Example(workflow(rule), tuple(made), instant(at), lives)
        wanted, got = judge_one(self.clickhouse, example)
        assert differences(wanted, got) == []
        return wanted

    def verdict(
        self, rule: str, events: str | Sequence[Event], at: float = LATER, lives: Lives = EVERYTHING
    ) -> Verdict:
        answer = self.answer(rule, events, at, lives)
        assert isinstance(answer, Verdict)
        return answer

    def states(self, rule: str, events: str | Sequence[Event], at: float = LATER) -> list[str]:
        """Of each step, in the order of the file."""
        return [step.state.value for step in self.verdict(rule, events, at).steps]

    def dues(self, rule: str, events: str | Sequence[Event], at: float = LATER) -> list[float | None]:
        return [seconds(step.due) for step in self.verdict(rule, events, at).steps]

    def findings(self, rule: str, events: str | Sequence[Event], at: float = LATER) -> list[str]:
        """As `Paid missing 10`, which is when it began."""
        return [
            f"{'' if found.step == WHOLE else f'{found.step} '}{found.kind} {decimal(found.since)}"
            for found in self.verdict(rule, events, at).findings
        ]


def workflow(rule: str) -> Workflow:
    """The rule, which is called `flow` and begins with `Placed` unless it says otherwise."""
    text = dedent(rule).strip()
    missing = {"workflow": "flow", "start": "Placed"}
    text = "\n".join([*(f"{key}: {it}" for key, it in missing.items() if f"{key}:" not in text), text])
    parsed = parse(text, "flow.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


def happened(text: str) -> list[Event]:
    lines = [line.strip() for line in re.split(r"[;\n]", text) if line.strip()]
    return [event(line, f"{place:02}") for place, line in enumerate(lines)]


def event(line: str, id: str, source: str = "shop") -> Event:
    found = LINE.fullmatch(line)
    assert found, line
    attributes = found["attributes"] or "{}"
    if found["step"]:
        source = OURS
        attributes = json.dumps({"workflow": "flow", "step": found["step"], "actor": "ann", "reason": "seen"})
    return Event(id, "c", found["name"], instant(float(found["time"])), source, attributes)


def instant(at: float) -> int:
    return ORIGIN + round(at * SECOND)


def decimal(instant: int) -> str:
    return f"{(instant - ORIGIN) / SECOND:.6f}".rstrip("0").removesuffix(".")


def seconds(instant: int | None) -> float | None:
    return (instant - ORIGIN) / SECOND if instant is not None else None
