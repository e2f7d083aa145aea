"""Stories, played on the engine: each of their events stored, each of their instants judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from rules.compile.sql import Column, Constant, call
from rules.judge import judge, only
from rules.ruleset import Rule
from rules.story.difference import Difference, differences
from rules.story.reason import reasons
from rules.story.story import Expected, Story, Suite
from rules.verdict import Answer, Unopened
from store import events as event_store
from store.clickhouse import ClickHouse
from store.event import Event

# Every check has a copy of its story, and when to look is the first part of the correlation ID: so one query answers
# for all checks of a rule. To plan a query takes longer than to judge thousands of orders.
_AS_OF = call("toInt64", call("substringIndex", Column("correlation_id"), Constant("/"), Constant(1)))

_EXPLAINED = 25  # checks that do not hold; each takes some queries


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check; `answer` and the `rule` that gave it are `None` where there is no instance.

    `reasons` say why what differs is as it is; only the first checks that do not hold have any.
    """

    story: Story
    check: Expected
    answer: Answer | None
    rule: Rule | None
    differences: tuple[Difference, ...]
    reasons: tuple[str, ...] = ()


def play(clickhouse: ClickHouse, suites: Sequence[Suite]) -> list[list[Outcome]]:
    """The outcomes of each suite's checks, in the order of its file. The store must be empty and migrated.

    Raises StoreUnavailable or StoreRefused.
    """
    scenes = [list(_scenes(suite, place)) for place, suite in enumerate(suites)]
    event_store.write(clickhouse, [event for each in scenes for scene in each for event in scene.events()])
    answers = _answers(clickhouse, suites, scenes)
    explaining = _Explaining(clickhouse)
    return [[explaining.explained(_outcome(scene, answers)) for scene in each] for each in scenes]


@dataclass(frozen=True, slots=True)
class _Scene:
    """One check with a copy of its story; `copy` is what no other has."""

    story: Story
    check: Expected
    copy: str

    @property
    def correlation_id(self) -> str:
        return self._unique(self.check.correlation)

    def events(self) -> Iterator[Event]:
        for event in self.story.events:
            unique = self._unique(event.correlation_id)
            yield msgspec.structs.replace(event, correlation_id=unique, received_at=event.time)

    def _unique(self, correlation: str) -> str:
        return f"{self.check.as_of}/{self.copy}/{correlation}"


def _scenes(suite: Suite, place: int) -> Iterator[_Scene]:
    checks = ((story, check) for story in suite.stories for check in story.checks)
    return (_Scene(story, check, f"{place}/{number}") for number, (story, check) in enumerate(checks))


_Answers = Mapping[str, tuple[Answer, Rule]]


def _answers(clickhouse: ClickHouse, suites: Sequence[Suite], scenes: Sequence[Sequence[_Scene]]) -> _Answers:
    found: dict[str, tuple[Answer, Rule]] = {}
    for suite, each in zip(suites, scenes, strict=True):
        asked = only(sorted(scene.correlation_id for scene in each))
        for rule in suite.rules:
            for answer in judge(clickhouse, rule.workflow, _AS_OF, asked, lives=rule.lives):
                if not isinstance(answer, Unopened):
                    found[answer.correlation_id] = answer, rule
    return found


def _outcome(scene: _Scene, answers: _Answers) -> Outcome:
    answer, rule = answers.get(scene.correlation_id, (None, None))
    return Outcome(scene.story, scene.check, answer, rule, tuple(differences(scene.story, scene.check, answer, rule)))


@dataclass(slots=True)
class _Explaining:
    clickhouse: ClickHouse
    left: int = _EXPLAINED

    def explained(self, outcome: Outcome) -> Outcome:
        """With the reasons, if it does not hold and is one of the first."""
        if not outcome.differences or not self.left:
            return outcome
        self.left -= 1
        found = reasons(self.clickhouse, outcome.check, outcome.answer, outcome.rule, outcome.differences)
        return replace(outcome, reasons=tuple(found))
