"""A rule in short, and what is said of it."""

from rules.advice.checks import advise
from rules.advice.written import WrittenRule
from rules.diagnostic import Diagnostic
from rules.parse.rule import parse
from rules.spec import Workflow


def written(steps: str, whole: str = "", owner: str = "team") -> WrittenRule:
    """`steps` and `whole` are lines of YAML; `Placed` opens the workflow."""
    owned = f"owner: {owner}" if owner else ""
    indented = [f"  {line}" for line in steps.strip().split("\n")]
    lines = ["workflow: w", owned, "start: Placed", whole, "steps:", *indented]
    parsed = parse("\n".join(filter(None, lines)), "w.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return WrittenRule(parsed.workflow, "w.yaml", parsed.places)


def workflow(steps: str, whole: str = "") -> Workflow:
    return written(steps, whole).workflow


def advice(steps: str, whole: str = "", retention: int | None = None, owner: str = "team") -> list[Diagnostic]:
    return advise(written(steps, whole, owner), retention)


def checks(steps: str, whole: str = "", retention: int | None = None) -> list[str]:
    return [str(found.check) for found in advice(steps, whole, retention)]
