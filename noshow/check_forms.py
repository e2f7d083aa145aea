"""The forms in which `noshow check` tells of an instance."""

import msgspec

from rules.compile.lines import json_line, table_line
from rules.lines import Form
from rules.present import Instance, Step, instance_json
from rules.spec import Workflow
from rules.verdict import StepVerdict, Verdict
from store.instant import rfc3339_or_none


def _json(workflow: Workflow, verdict: Verdict) -> str:
    return msgspec.json.encode(
        instance_json(
            Instance(
                workflow=workflow.name,
                version=workflow.version,
                correlation_id=verdict.correlation_id,
                state=verdict.state.value,
                start=verdict.start,
                steps=[_step(step) for step in verdict.steps],
                findings=[(finding.step, finding.kind.value) for finding in verdict.findings],
            )
        )
    ).decode()


def _step(told: StepVerdict) -> Step:
    return Step(told.step, told.state.value, told.at, told.due, told.count, told.needed, told.warned)


def _row(workflow: Workflow, verdict: Verdict) -> str:
    flags = ", ".join(f"{finding.step} {finding.kind.value}".lstrip() for finding in verdict.findings)
    started = rfc3339_or_none(verdict.start) or "-"
    return f"{workflow.name}  {verdict.correlation_id:<36}  {verdict.state.value:<10}  {started:<27}  {flags}".rstrip()


FORMS = {"jsonl": Form(json_line, _json), "table": Form(table_line, _row)}
