"""What is asked for of instances, with what the rules and the incidents of this moment say of it."""

from dataclasses import replace

from api.context import Context
from api.instance_filters import Pair, Wanted
from api.parameters_instances import InstanceFilters, InstanceParameters, Standing


def wanted(here: Context, asked: InstanceFilters) -> Wanted:
    """Raises `StoreUnavailable`."""
    found = Wanted(
        workflow=asked.workflow,
        beginning=asked.q,
        state=asked.state,
        step=asked.step,
        owned=_owned(here, asked.owner) if asked.owner is not None else None,
        since=asked.since,
        until=asked.until,
        at_risk=asked.at_risk,
        held=_held(here) if asked.state == Standing.HELD else (),
        now=here.clock.now(),
    )
    if not isinstance(asked, InstanceParameters):
        return found
    return replace(found, kind=asked.kind, version=asked.version, correlation_id=asked.correlation_id)


def _owned(here: Context, owner: str) -> list[Pair]:
    """The steps of this team, by any version of the rules in force."""
    return sorted({(it.name, step.name) for it in here.rulebook.workflows for step in it.steps if step.owner == owner})


def _held(here: Context) -> list[Pair]:
    silent = [it for it in here.silent.get() if it.incident.is_holding]
    return sorted({(workflow, step) for it in silent for workflow, steps in it.steps.items() for step in steps})
