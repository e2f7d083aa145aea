"""What must have come out of what a shop told, held against what the stores and the owner have in the end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, combinations
from typing import Any

from standardwebhooks import Webhook

from rules.parse.rule import parse
from rules.ruleset import Rule, rules_of
from rules.spec import Late
from rules.verdict import Kind, Verdict
from store.event import Event
from tests.end_to_end.process import SECRET
from tests.faults.live_shop import LONGEST, RULES, Told
from tests.reconcile.receiver import Received
from tests.rules import oracle

Key = tuple[str, str]
"""Workflow, correlation ID."""

Instance = tuple[str, dict[str, str], frozenset[tuple[str, str]]]
"""State, states of the steps, findings."""


@dataclass(frozen=True)
class Truth:
    """By the oracle, when nothing can change any more. `told` must be complete."""

    told: Told

    @cached_property
    def verdicts(self) -> dict[Key, Verdict]:
        return {
            (rule.workflow.name, order): verdict
            for order, events in self.told.orders.items()
            for rule in _rules()
            if (verdict := _judged(rule, events, self.as_of)) is not None
        }

    @cached_property
    def as_of(self) -> int:
        return max(event.time for events in self.told.orders.values() for event in events) + LONGEST

    @cached_property
    def instances(self) -> dict[Key, Instance]:
        return {key: _instance(verdict) for key, verdict in self.verdicts.items()}

    @cached_property
    def unresolved(self) -> set[Key]:
        """The cases that nobody has settled, and that do not settle themselves."""
        return {key for key, it in self.verdicts.items() if any(not _is_noted(key[0], *f) for f in _found(it))}

    @cached_property
    def flagged(self) -> set[Key]:
        return {key for key, it in self.verdicts.items() if it.findings}

    def explains(self, key: Key, place: tuple[str, str], judged_at: int, written_at: int) -> bool:
        """Whether this finding held at `judged_at`, by what was acknowledged until then, and perhaps by something of
        what had been sent when it was written."""
        workflow, order = key
        events = self.told.orders[order]
        rule = next(it for it in _rules() if it.workflow.name == workflow)
        known = [it for it in events if self.told.acknowledged_at.get(it.id, judged_at) < judged_at]
        perhaps = [it for it in events if it not in known and self.told.tried_at[it.id] <= written_at]
        answers = (_judged(rule, [*known, *more], judged_at) for more in _subsets(perhaps))
        return any(answer is not None and place in _found(answer) for answer in answers)


def check(truth: Truth, evidence: Mapping[str, Any], received: Sequence[Received]) -> None:
    """Nothing is lost, nothing invented, not even for a while, and nothing doubled."""
    assert truth.told.acknowledged_at.keys() <= set(evidence["events"])
    assert instances(evidence) == truth.instances
    _check_findings(truth, evidence)
    _check_cases(truth, evidence["cases"])
    _check_messages(truth, evidence, received)


def instances(evidence: Mapping[str, Any]) -> dict[Key, Instance]:
    return {
        (workflow, order): (state, dict(zip(steps, states, strict=True)), frozenset(map(tuple, found)))
        for workflow, order, (state, steps, states, found) in evidence["instances"]
    }


def _check_findings(truth: Truth, evidence: Mapping[str, Any]) -> None:
    wanted = sorted([*key, *place] for key, it in truth.verdicts.items() for place in _found(it))
    assert sorted(evidence["findings"]) == wanted
    for workflow, order, step, kind, judged_at, written_at, _ in evidence["openings"]:
        explained = truth.explains((workflow, order), (step, kind), judged_at, written_at)
        assert explained, f"{workflow} {order}: {step} was never {kind} at {judged_at}"


def _check_cases(truth: Truth, cases: Sequence[Sequence[str]]) -> None:
    states = {(workflow, order): state for workflow, order, state, _ in cases}
    assert len(cases) == len(states), "two cases of one order"
    assert states.keys() >= truth.flagged
    assert {key for key, state in states.items() if state != "resolved"} == truth.unresolved


def _check_messages(truth: Truth, evidence: Mapping[str, Any], received: Sequence[Received]) -> None:
    about = {id: (subject, transition) for id, subject, transition in evidence["subjects"]}
    assert len(set(about.values())) == len(about), "a transition of a case under two ids"
    bodies: dict[str, str] = {}
    for it in received:
        id = it.headers["webhook-id"]
        assert _is_signed(id, it)
        assert id in about, "an owner was told what nothing is known of"
        assert bodies.setdefault(id, it.body) == it.body, "one id with two contents"
    assert about.keys() - bodies.keys() <= set(evidence["pending"]), "delivered, and nobody got it"
    still = {about[id][0] for id in evidence["pending"]}
    told = last_told(received)
    keys = {case: (workflow, order) for workflow, order, _, case in evidence["cases"]}
    unresolved = {key for case, key in keys.items() if told.get(case, "resolved") != "resolved" or case in still}
    resolved = {key for case, key in keys.items() if told.get(case, "resolved") == "resolved" or case in still}
    assert truth.unresolved <= unresolved, "an owner does not know of a case"
    assert keys.keys() >= told.keys()
    assert set(keys.values()) - truth.unresolved <= resolved, "an owner does not know that a case is resolved"


def _is_signed(id: str, it: Received) -> bool:
    """`verify` would take none that came minutes ago."""
    sent_at = datetime.fromtimestamp(int(it.headers["webhook-timestamp"]), UTC)
    return it.headers["webhook-signature"] == Webhook(SECRET).sign(id, sent_at, it.body)


def last_told(received: Sequence[Received]) -> dict[str, str]:
    """In which state each case was when the owner first got the last message about it: a repeat is no news."""
    told: dict[str, str] = {}
    seen: set[str] = set()
    for it in received:
        if it.headers["webhook-id"] not in seen:
            seen.add(it.headers["webhook-id"])
            data = json.loads(it.body)["data"]
            told[data["case"]] = data["state"]
    return told


def _rules() -> tuple[Rule, ...]:
    return _RULES


def _parsed() -> tuple[Rule, ...]:
    workflows = [parse(text, name).workflow for name, text in RULES.items()]
    return rules_of(it for it in workflows if it is not None)


_RULES = _parsed()


def _judged(rule: Rule, events: Sequence[Event], as_of: int) -> Verdict | None:
    answer = oracle.judge(rule.workflow, events, as_of, rule.lives) if events else None
    return answer if isinstance(answer, Verdict) else None


def _instance(verdict: Verdict) -> Instance:
    return verdict.state.value, {it.step: it.state.value for it in verdict.steps}, frozenset(_found(verdict))


def _found(verdict: Verdict) -> set[tuple[str, str]]:
    return {(it.step, it.kind.value) for it in verdict.findings}


def _is_noted(workflow: str, step: str, kind: str) -> bool:
    """It keeps no case open."""
    rule = next(it for it in _rules() if it.workflow.name == workflow)
    return kind == Kind.LATE.value and rule.workflow.step(step).late is Late.NOTE


def _subsets(events: Sequence[Event]) -> Iterator[tuple[Event, ...]]:
    return chain.from_iterable(combinations(events, size) for size in range(len(events) + 1))
