"""How late steps may be by their own deadlines, counted from the start or from another step. Durations: µs."""

from collections.abc import Mapping

from rules.expression import START
from rules.spec import Step, Workflow


def allowed_since(workflow: Workflow, origin: str = START) -> Mapping[str, int]:
    """The longest that `within` gives from `origin` to each step that comes after it; of a step that nothing bounds
    there is none."""
    allowed = {origin: 0}
    for step in workflow.in_graph_order():
        until = None if step.name == origin else _until(step, allowed, from_start=origin == START)
        if until is not None:
            allowed[step.name] = until
    return allowed


def _until(step: Step, allowed: Mapping[str, int], *, from_start: bool) -> int | None:
    known = [allowed[name] for name in step.predecessors if name in allowed]
    if step.within is None or not known:
        return None
    if step.after_any:
        return min(known) + step.within
    if from_start and len(known) < len(step.predecessors):  # one of them may come at any time
        return None
    return max(known) + step.within
