"""The rules that are in force, as reconciliation reads them: where truth is asked, and which actions there are."""

from collections.abc import Callable, Sequence

from rules.spec import Step, Workflow


class Rulebook:
    """`workflows` gives every version of every workflow in force at this moment; it may be called from any thread."""

    def __init__(self, workflows: Callable[[], Sequence[Workflow]]) -> None:
        self._workflows = workflows

    @property
    def workflows(self) -> Sequence[Workflow]:
        return self._workflows()

    def workflow(self, name: str, rule_hash: str = "") -> Workflow | None:
        """The version that judged, as `rule_hash` names it; else the newest; `None` where there is none any more."""
        versions = [it for it in self._workflows() if it.name == name]
        exact = (it for it in versions if it.content_hash == rule_hash)
        return next(exact, max(versions, key=lambda it: it.version, default=None))

    def step(self, workflow: str, step: str, rule_hash: str = "") -> Step | None:
        found = self.workflow(workflow, rule_hash)
        return next((it for it in found.steps if it.name == step), None) if found else None
