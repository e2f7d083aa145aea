"""Stories, played on the engine: each of their events stored, each of their instants judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

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


_AT_ONCE = 4  # queries

_Asked = tuple[str, int]  # correlation ID and instant
_Answers = Mapping[_Asked, tuple[Answer, Rule]]


@dataclass(frozen=True, slots=True)
class _Question:
    """Everything that one query can answer."""

    rule: Rule
    as_of: int
    among: set[str]


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
        """Planning a query is what takes time, and it is done by one core: so several are asked at once."""
        found: dict[_Asked, tuple[Answer, Rule]] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for answers in pool.map(partial(_ask, clickhouse), self._questions()):
                found |= answers
        return found

    def _questions(self) -> Iterable[_Question]:
        """One for each version of a workflow and each instant."""
        questions: dict[tuple[str, int], _Question] = {}
        for place, suite in enumerate(self._suites):
            for rule in suite.rules:
                for number, story in enumerate(suite.stories):
                    for check in story.checks:
                        key = repr((rule.workflow.content_hash, rule.lives)), check.as_of
                        question = questions.setdefault(key, _Question(rule, check.as_of, set()))
                        question.among.add(_unique(place, number, check.correlation))
        return questions.values()


def _ask(clickhouse: ClickHouse, question: _Question) -> dict[_Asked, tuple[Answer, Rule]]:
    rule, as_of = question.rule, question.as_of
    answers = judge(clickhouse, rule.workflow, as_of, only(sorted(question.among)), lives=rule.lives)
    return {(it.correlation_id, as_of): (it, rule) for it in answers if not isinstance(it, Unopened)}


def _unique(suite: int, story: int, correlation: str) -> str:
    return f"{suite}/{story}/{correlation}"


def _outcomes(suite: Suite, place: int, answers: _Answers) -> Iterator[Outcome]:
    for number, story in enumerate(suite.stories):
        for check in story.checks:
            found = answers.get((_unique(place, number, check.correlation), check.as_of))
            answer, rule = found if found is not None else (None, None)
            yield Outcome(story, check, answer, rule, tuple(differences(story, check, answer, rule)))
