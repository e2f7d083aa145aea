"""A list under `after` that mixes optional and required steps: the step waits for the optional one too."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, printable, quoted
from rules.expression import START


def mixed_after(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        named = [rule.workflow.step(name) for name in step.after if name != START]
        optional = [it.name for it in named if it.optional]
        if optional and len(optional) < len(named):
            message = (
                f'"after" mixes optional and required steps: where {" or ".join(map(quoted, optional))} does not come, '
                f"{quoted(step.name)} is never due, and never missed"
            )
            hint = f"leave out {' and '.join(map(printable, optional))}"
            yield rule.of_step(step, "after", Check.MIXED_AFTER, message, hint)
