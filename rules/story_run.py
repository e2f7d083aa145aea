"""Stories, played on the engine: each of their events stored, each of their instants judged."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from rules.judge import judge, only
from rules.ruleset import Rule
from rules.story import Expected, Story, Suite
from rules.story_difference import Difference, differences
from rules.verdict import Answer, Unopened
from store import events as event_store
from store.clickhouse import ClickHouse
from store.event import Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one check; `answer` and the `rule` that gave it are `None` where there is no instance."""

    story: Story
    check: Expected
    answer: Answer | None
    rule: Rule | None
    differences: tuple[Difference, ...]


def play(clickhouse: ClickHouse, suites: Sequence[Suite]) -> list[list[Outcome]]:
    """The outcomes of each suite's checks, in the order of its file. The store must be empty and migrated.

    Raises StoreUnavailable or StoreRefused.
    """
    stage = _Stage(suites)
    event_store.write(clickhouse, list(stage.events()))
    answers = stage.answers(clickhouse)
    return [list(_outcomes(suite, place, answers)) for place, suite in enumerate(suites)]


_Asked = tuple[str, int]  # correlation ID and instant
_Answers = Mapping[_Asked, tuple[Answer, Rule]]


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that one query can answer."""

    rule: Rule
    as_of: int


class _Stage:
    """All stories side by side, each under correlation IDs of its own."""

    def __init__(self, suites: Sequence[Suite]) -> None:
        self._suites = suites

    def events(self) -> Iterator[Event]:
        for place, suite in enumerate(self._suites):
            for number, story in enumerate(suite.stories):
                for event in story.events:
                    unique = _unique(place, number, event.correlation_id)
                    yield msgspec.structs.replace(event, correlation_id=unique, received_at=event.time)

    def answers(self, clickhouse: ClickHouse) -> _Answers:
        found: dict[_Asked, tuple[Answer, Rule]] = {}
        for question, among in self._questions():
            rule, as_of = question.rule, question.as_of
            for answer in judge(clickhouse, rule.workflow, as_of, only(sorted(among))):
                if not isinstance(answer, Unopened):
                    found[answer.correlation_id, as_of] = answer, rule
        return found

    def _questions(self) -> Iterator[tuple[_Question, set[str]]]:
        """One for each version of a workflow and each instant: what they cost is the planning."""
        questions: dict[tuple[str, int], _Question] = {}
        among: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for place, suite in enumerate(self._suites):
            for rule in suite.rules:
                for number, story in enumerate(suite.stories):
                    for check in story.checks:
                        key = repr((rule.workflow.content_hash, rule.lives)), check.as_of
                        questions.setdefault(key, _Question(rule, check.as_of))
                        among[key].add(_unique(place, number, check.correlation))
        return ((question, among[key]) for key, question in questions.items())


def _unique(suite: int, story: int, correlation: str) -> str:
    return f"{suite}/{story}/{correlation}"


def _outcomes(suite: Suite, place: int, answers: _Answers) -> Iterator[Outcome]:
    for number, story in enumerate(suite.stories):
        for check in story.checks:
            found = answers.get((_unique(place, number, check.correlation), check.as_of))
            answer, rule = found if found is not None else (None, None)
            yield Outcome(story, check, answer, rule, tuple(differences(story, check, answer, rule)))
