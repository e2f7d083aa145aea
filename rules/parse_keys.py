"""The keys of the language, and the values under them."""

from dataclasses import dataclass

from rules.diagnostic import Check, Problems, did_you_mean, nearest, quoted
from rules.expression import Position
from rules.parse_value import Choice, allowance, boolean, choice, deadline, name, text, text_map, url
from rules.yaml_tree import Map, Node


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys of one kind of map; `later` are those of the language that this release does not know yet."""

    known: tuple[str, ...]
    later: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    belongs_to: str = ""


_DESCRIPTIVE = ("description", "owner", "severity")
_WORKFLOW = (
    *("workflow", "noun", *_DESCRIPTIVE, "labels", "start", "grace", "skew", "within"),
    *("cancel", "ends_on", "at_risk", "customer", "steps"),
)
_WORKFLOW_LATER = ("version", "effective_from", "orphans")
_STEP = (
    *("event", "where", "after", "after_any", "within", "due", "when", "optional", "late"),
    *(*_DESCRIPTIVE, "runbook"),
)
_STEP_LATER = (
    *("warn", "times", "at_most", "match", "fails_on", "undone_by", "undo_within", "leave_behind"),
    *("expires", "needs", "escalate_after", "truth", "actions"),
)

WORKFLOW = Vocabulary(_WORKFLOW, _WORKFLOW_LATER, _STEP + _STEP_LATER, "a step")
STEP = Vocabulary(_STEP, _STEP_LATER, _WORKFLOW + _WORKFLOW_LATER, "the workflow")
MATCHER = Vocabulary(("event", "where"))
AT_RISK = Vocabulary(("value", "unit"))


class Keys:
    """The values of a map by their keys. What is absent or wrong reads as its default; what is wrong is reported."""

    def __init__(self, node: Map, vocabulary: Vocabulary, problems: Problems) -> None:
        self._problems = problems
        self._values: dict[str, Node] = {}
        self._meant: set[str] = set()
        for entry in node.entries:
            if entry.key.text in vocabulary.known:
                self._values[entry.key.text] = entry.value
            else:
                self._meant.add(nearest(entry.key.text, vocabulary.known) or "")
                _refuse_key(entry.key.text, vocabulary, problems, entry.key.at)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def lacks(self, key: str) -> bool:
        """Whether the key is absent, and not just misspelt."""
        return key not in self._values and key not in self._meant

    def __getitem__(self, key: str) -> Node:
        return self._values[key]

    def get(self, key: str) -> Node | None:
        return self._values.get(key)

    def text(self, key: str, default: str = "") -> str:
        return (key in self and text(self[key], key, self._problems)) or default

    def name(self, key: str, default: str = "") -> str:
        return (key in self and name(self[key], key, self._problems)) or default

    def url(self, key: str) -> str:
        return (key in self and url(self[key], key, self._problems)) or ""

    def boolean(self, key: str) -> bool | None:
        """False where absent, `None` where wrong."""
        return boolean(self[key], key, self._problems) if key in self else False

    def choice(self, key: str, default: Choice) -> Choice:
        found = choice(self[key], key, type(default), self._problems) if key in self else None
        return default if found is None else found

    def deadline(self, key: str) -> int | None:
        """Microseconds, above zero."""
        return deadline(self[key], key, self._problems) if key in self else None

    def allowance(self, key: str) -> int:
        """Microseconds, zero where absent."""
        return (key in self and allowance(self[key], key, self._problems)) or 0

    def text_map(self, key: str) -> dict[str, str]:
        found = text_map(self[key], key, self._problems) if key in self else None
        return dict(sorted((found or {}).items()))


def _refuse_key(key: str, vocabulary: Vocabulary, problems: Problems, at: Position) -> None:
    if key in vocabulary.later:
        problems.error(at, Check.UNSUPPORTED_KEY, f"{quoted(key)} is not supported yet")
        return
    hint = near = ""
    if key in vocabulary.elsewhere:
        hint = f"{key} is a key of {vocabulary.belongs_to}"
    else:
        near = did_you_mean(key, vocabulary.known)
        hint = "" if near else f"the keys here are {', '.join(vocabulary.known)}"
    problems.error(at, Check.UNKNOWN_KEY, f"unknown key {quoted(key)}{near}", hint)
