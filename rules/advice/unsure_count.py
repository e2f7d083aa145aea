"""How many events a step takes hangs on a step that need not come: without it no number of them is ever enough."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, quoted
from rules.expression import steps_named


def unsure_count(rule: WrittenRule) -> Iterator[Diagnostic]:
    for step in rule.workflow.steps:
        for name in steps_named(step.times) if step.times is not None and not step.optional else ():
            named = rule.workflow.step(name)
            if named.optional or named.when is not None:
                why = "is optional" if named.optional else "is only expected where its `when` is true"
                message = f"{quoted(name)} {why}: where it does not come, {quoted(step.name)} is missed whatever comes"
                hint = "take the number from a step that always comes, or from the start"
                yield rule.of_step(step, "times", Check.UNSURE_COUNT, message, hint)
