"""Event names that no stored event has ever had."""

from collections.abc import Iterator

from rules.advice.written import WrittenRule
from rules.diagnostic import Check, Diagnostic, nearest, printable, quoted
from rules.spec import Matcher
from store.clickhouse import ClickHouse
from store.event import RESERVED_SOURCE

_NAMES = "SELECT DISTINCT name FROM events WHERE source != {ours:String} ORDER BY name"

_LIKENESS = 0.75


def stored_names(clickhouse: ClickHouse) -> frozenset[str]:
    """The names of all events that services have sent. Raises StoreUnavailable."""
    return frozenset(name for (name,) in clickhouse.query(_NAMES, {"ours": RESERVED_SOURCE}))


def unknown_events(rule: WrittenRule, stored: frozenset[str]) -> Iterator[Diagnostic]:
    """One for each place that names such an event. Of what must not happen it is good that it never did, so there only
    a name that is near to another is told."""
    workflow = rule.workflow
    others = sorted(stored - workflow.event_names)  # what the rule names itself was hardly meant
    whole = {"start": workflow.start, "cancel": workflow.cancel, "ends_on": workflow.ends_on}
    for key, matcher in whole.items():
        for name in _unknown(matcher, stored):
            yield rule.of_workflow(key, Check.UNKNOWN_EVENT, *_told(name, nearest(name, others, _LIKENESS)))
    for step in workflow.steps:
        for key, matcher in {"event": step.matcher, "fails_on": step.fails_on, "undone_by": step.undone_by}.items():
            for name in _unknown(matcher, stored):
                near = nearest(name, others, _LIKENESS)
                if near or step.at_most != 0 or key != "event":
                    yield rule.of_step(step, key, Check.UNKNOWN_EVENT, *_told(name, near))


def _unknown(matcher: Matcher | None, stored: frozenset[str]) -> list[str]:
    return [name for name in matcher.names if name not in stored] if matcher else []


def _told(name: str, near: str | None) -> tuple[str, str]:
    return f"no event {quoted(name)} was ever stored", f"did you mean {printable(near)}?" if near else ""
