"""What a finding rests on."""

from rules.explain.known import Known, said
from rules.explain.life import Part
from rules.explain.step import judged
from rules.expression_text import expression_text
from rules.sentence.scene import instant
from rules.sentence.sentence import sentence
from rules.spec import Step
from rules.verdict import WHOLE, Finding, Kind


def of_finding(known: Known, finding: Finding) -> str:
    """Kind, since when, the sentence that people are sent, and what is not in it."""
    told = sentence(known.workflow, known.verdict, finding, known.as_of).removesuffix(".")
    more = _rests_on(known, known.workflow.step(finding.step), finding.kind) if finding.step != WHOLE else ""
    return f"{finding.kind} since {instant(finding.since)}: {told}" + (f" — {more}" if more else "")


def _rests_on(known: Known, step: Step, kind: Kind) -> str:
    match kind:
        case Kind.DUPLICATE:
            found = known.happened(Part.FULFILS, step.name)
            return f"the first one too many is {said(found[step.at_most or 0])}"
        case Kind.MISMATCH if step.match is not None:
            last = known.happened(Part.FULFILS, step.name)[-1]
            reading = known.reading(step, "match", step.match)
            verdict = f"`{expression_text(step.match)}` is {judged(known, step, 'match')}"
            return f"{verdict} of {said(last)}" + (f", for {reading}" if reading else "")
        case Kind.AFTER_END | Kind.NOT_UNDONE:
            ending = known.ending()
            return f"it was ended by {said(ending)}" if ending else ""
        case _:
            return ""
