"""What a rule asks of events."""

from rules.spec import Workflow


def asks_only_when(workflow: Workflow) -> bool:
    """Whether a rule asks of an event nothing but its name and time: of what events cost, attributes are the most.

    What is at risk, and for whom, does not count: it changes no state and no finding.
    """
    whole = (workflow.start, workflow.cancel, workflow.ends_on)
    of_steps = (it for step in workflow.steps for it in (step.matcher, step.fails_on, step.undone_by))
    matchers = [it for it in (*whole, *of_steps) if it is not None]
    if any(alternative.where is not None for matcher in matchers for alternative in matcher.alternatives):
        return False
    # Of several events that fulfil a step at one instant, the id says which is the first.
    read = (it for step in workflow.steps for it in (step.when, step.due, step.times, step.match, step.at_most))
    return all(it is None for it in read)
