"""What the sentences on findings are made from, and how instants and spans are said in them. All instants are UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rules.spec import Step, Workflow
from rules.verdict import Kind, StepVerdict, Verdict
from store.duration import format_duration
from store.event import MINUTE, SECOND


@dataclass(frozen=True)
class Scene:
    """One instance with its rule. `start` is when it began and `detected_at` when the finding was first seen (µs)."""

    workflow: Workflow
    verdict: Verdict
    start: int
    detected_at: int

    def told(self, step: str) -> StepVerdict:
        return next(it for it in self.verdict.steps if it.step == step)

    def flagged(self, kind: Kind) -> list[Step]:
        """The steps that have an open finding of this kind."""
        return [self.workflow.step(it.step) for it in self.verdict.findings if it.kind is kind]

    @property
    def opener(self) -> str:
        return " or ".join(self.workflow.start.names)


def instant(micros: int | None) -> str:
    """`2026-11-20 14:05 UTC`, with seconds or parts of them only where there are any."""
    if micros is None:
        return "at an unknown time"
    moment = datetime.fromtimestamp(micros // SECOND, UTC)
    exact = "" if micros % MINUTE < SECOND else f":{moment:%S}"
    milliseconds = micros % SECOND // 1_000
    if milliseconds:
        exact = f":{moment:%S}.{milliseconds:03d}"
    return f"{moment:%Y-%m-%d %H:%M}{exact} UTC"


def gap(earlier: int | None, later: int | None) -> str:
    """The two largest units are enough."""
    return " ".join(format_duration((later or 0) - (earlier or 0)).split()[:4])


def listed(names: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
