"""What a proposed rule would flag: the judge's own word on the events it was made from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rules.judge import judge
from rules.spec import Workflow
from rules.suggest.log import Log
from rules.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """Of `instances`, how many are `flagged`; findings by (step, kind)."""

    instances: int
    flagged: int
    findings: Mapping[tuple[str, str], int]

    def kinds(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for (_, kind), count in self.findings.items():
            found[kind] += count
        return found


def trial(log: Log, workflow: Workflow, as_of: int) -> Trial:
    """Judge the sample at `as_of` (µs UTC). Raises StoreUnavailable or StoreRefused."""
    instances, flagged, findings = 0, 0, Counter[tuple[str, str]]()
    for verdict in judge(log.clickhouse, workflow, as_of, log.sampled()):
        if isinstance(verdict, Verdict):
            instances += 1
            flagged += bool(verdict.findings)
            findings.update((finding.step, finding.kind.value) for finding in verdict.findings)
    return Trial(instances, flagged, findings)
