"""A `*.test.yml` → stories, or everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass

from rules.diagnostic import Check, Problems, did_you_mean, quoted
from rules.expression import Position
from rules.parse.json import Json, json_object
from rules.parse.keys import Keys, Vocabulary
from rules.parse.time import instant
from rules.parse.value import listed, name, refuse
from rules.parse.yaml_tree import Map, Node, Refused
from rules.ruleset import Rule
from rules.story.parse_events import Stage, events, time, warn_of_stranger
from rules.story.parse_expect import expectation
from rules.story.story import OWN, Expected, Story, Suite
from rules.story.time import DEFAULT_T0, EARLIEST, LATEST
from store.event import Event

NEEDS = "`tests`, a list of stories: {name, events, at, expect}"

FILE = Vocabulary(("rules", "workflow", "start_at", "defaults", "tests"))
STORY = Vocabulary(("name", "start_at", "events", "at", "of", "expect", "checks"))
CHECK = Vocabulary(("at", "of", "expect"))


@dataclass(frozen=True, slots=True)
class Reference:
    """A path or a name where it stands in the file."""

    text: str
    at: Position


def rule_files(root: Node | None, problems: Problems) -> tuple[Reference, ...]:
    """The paths under `rules`, as they are written; none where the rule file is the one beside the stories."""
    node = root.get("rules") if isinstance(root, Map) else None
    if node is None:
        return ()
    expected = "the path of a rule file, or a list of them"
    named = (
        (item, name(item, "rules", problems, expected)) for item in listed(node, "rules", expected, problems) or ()
    )
    return tuple(Reference(path, item.at) for item, path in named if path is not None)


def suite(root: Node | None, rules: Many[Rule], problems: Problems) -> Suite | None:
    """The stories of a file, whose rules have been read already; `None` where there is no telling."""
    if not isinstance(root, Map):
        if root is not None and not isinstance(root, Refused):
            problems.error(root.at, Check.TYPE, f"a file of stories is a map: it needs {NEEDS}")
        return None
    keys = Keys(root, FILE, problems)
    chosen = _chosen(keys, rules, root.at, problems)
    if not chosen:
        return None
    program = _Program(keys, chosen, problems)
    return Suite(problems.file, chosen, tuple(_stories(keys, root, program, problems)))


def _chosen(keys: Keys, rules: Many[Rule], at: Position, problems: Problems) -> tuple[Rule, ...]:
    """All versions of the one workflow that the stories are about."""
    names = list(dict.fromkeys(rule.workflow.name for rule in rules))
    wanted = keys.name("workflow") if "workflow" in keys else "" if len(names) > 1 else names[0]
    if "workflow" not in keys and not wanted:
        message = f'"workflow" is missing: there are {len(names)}, and the stories are about one'
        problems.error(at, Check.MISSING_KEY, message, f"it is one of {', '.join(names)}")
    elif wanted and wanted not in names:
        message = f"there is no workflow {quoted(wanted)} in the rules{did_you_mean(wanted, names)}"
        problems.error(keys["workflow"].at, Check.NAME, message)
    return tuple(rule for rule in rules if rule.workflow.name == wanted)


class _Program:
    """What the stories of a file have in common."""

    def __init__(self, keys: Keys, rules: Many[Rule], problems: Problems) -> None:
        workflows = [rule.workflow for rule in rules]
        self.workflow = workflows[0].name
        self.steps = frozenset(step.name for workflow in workflows for step in workflow.steps)
        self.names = frozenset[str]().union(*(workflow.event_names for workflow in workflows))
        self.t0 = _start_at(keys, DEFAULT_T0, problems)
        self._node = keys.get("defaults")
        self._problems = problems
        self._defaults = {self.t0: _defaults(self._node, self.names, self.t0, problems)}

    def stage(self, t0: int) -> Stage:
        if t0 not in self._defaults:
            unheard = Problems(self._problems.file, self._problems.source)  # what is wrong has been said once
            self._defaults[t0] = _defaults(self._node, self.names, t0, unheard)
        return Stage(self.workflow, self.steps, self.names, t0, self._defaults[t0])


def _start_at(keys: Keys, default: int, problems: Problems) -> int:
    found = instant(keys["start_at"], "start_at", problems) if "start_at" in keys else None
    if found is not None and not EARLIEST <= found <= LATEST:
        problems.error(keys["start_at"].at, Check.TIMESTAMP, '"start_at" must lie in the years 1970 to 2199')
        return default
    return default if found is None else found


def _defaults(node: Node | None, names: frozenset[str], t0: int, problems: Problems) -> dict[str, Mapping[str, Json]]:
    if node is None:
        return {}
    if not isinstance(node, Map):
        refuse(node, "defaults", "a map of event names to what they carry", problems)
        return {}
    for entry in node.entries:
        warn_of_stranger(entry.key.text, entry.key.at, names, problems)
    return {entry.key.text: json_object(entry.value, entry.key.text, t0, problems) for entry in node.entries}


def _stories(keys: Keys, root: Map, program: _Program, problems: Problems) -> Iterator[Story]:
    if "tests" not in keys:
        if keys.lacks("tests"):
            problems.error(root.at, Check.MISSING_KEY, f'"tests" is missing: {NEEDS}')
        return
    first: dict[str, Position] = {}
    for node in listed(keys["tests"], "tests", "a list of stories", problems) or ():
        if not isinstance(node, Map):
            refuse(node, "tests", "a list of stories: {name, events, at, expect}", problems)
            continue
        story = _story(node, program, problems)
        if story.name in first:
            message = f"there is a story {quoted(story.name)} already, on line {first[story.name].line}"
            problems.error(story.at, Check.REPEATED, message)
        elif story.name:
            first[story.name] = story.at
        yield story


def _story(node: Map, program: _Program, problems: Problems) -> Story:
    keys = Keys(node, STORY, problems)
    for key, meaning in (("name", "what the story is about"), ("events", "what happens; [] for nothing")):
        if keys.lacks(key):
            problems.error(node.at, Check.MISSING_KEY, f"{quoted(key)} is missing: {meaning}")
    stage = program.stage(_start_at(keys, program.t0, problems))
    told = events(keys["events"], stage, problems) if "events" in keys else ()
    called = keys.name("name")
    at = keys["name"].at if "name" in keys else node.at
    return Story(called, at, stage.t0, told, tuple(_checks(node, keys, told, stage, problems)))


def _checks(node: Map, keys: Keys, told: Many[Event], stage: Stage, problems: Problems) -> Iterator[Expected]:
    """`at` and `expect` of the story itself, or its `checks`."""
    if "checks" not in keys:
        yield from _check(node, keys, told, stage, problems)
        return
    for key in ("at", "of", "expect"):
        if key in keys:
            message = f'a story has "at" and "expect", or "checks" with them in each: {quoted(key)} is one too many'
            problems.error(keys.place(key), Check.CONFLICT, message)
    for item in listed(keys["checks"], "checks", "a list of {at, expect}", problems) or ():
        if isinstance(item, Map):
            yield from _check(item, Keys(item, CHECK, problems), told, stage, problems)
        else:
            refuse(item, "checks", "a list of {at, expect}", problems)


def _check(node: Map, keys: Keys, told: Many[Event], stage: Stage, problems: Problems) -> Iterator[Expected]:
    for key, meaning in (("at", "the instant at which to look"), ("expect", "what must hold then")):
        if keys.lacks(key):
            problems.error(node.at, Check.MISSING_KEY, f"{quoted(key)} is missing: {meaning}")
    as_of = time(keys["at"], "at", stage.t0, problems) if "at" in keys else None
    if "expect" not in keys:
        return
    found = expectation(keys["expect"], stage, problems)
    of = _of(keys, told, problems)
    if as_of is not None:
        yield Expected(keys["at"].at, as_of, of, found.wants, found.flags, found.flags_at)


def _of(keys: Keys, told: Many[Event], problems: Problems) -> str:
    of = keys.name("of")
    named = {event.correlation_id for event in told} - {OWN}
    if of and of not in named:
        message = f"no event of this story is of {quoted(of)}{did_you_mean(of, named)}"
        problems.error(keys["of"].at, Check.NAME, message)
    return of
