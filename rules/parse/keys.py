"""The keys of the language, and the values under them."""

from dataclasses import dataclass

from rules.diagnostic import Check, Problems, did_you_mean, nearest, quoted
from rules.expression import Position
from rules.parse.time import allowance, deadline, instant, warning
from rules.parse.value import Choice, boolean, choice, integer, name, text, text_map, url
from rules.parse.yaml_tree import Map, Node
from rules.spec import Share

LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys of one kind of map, and those that belong to another kind."""

    known: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()
    belongs_to: str = ""


_DESCRIPTIVE = ("description", "owner", "severity")
_WORKFLOW = (
    *("workflow", "version", "effective_from", "noun", *_DESCRIPTIVE, "escalate_after", "labels", "start"),
    *("grace", "skew", "within", "cancel", "ends_on", "orphans", "at_risk", "customer", "steps"),
)
_STEP = (
    *("event", "where", "after", "after_any", "within", "due", "warn", "late", "when", "optional"),
    *("times", "at_most", "match", "fails_on", "undone_by", "undo_within", "leave_behind", "expires", "needs"),
    *(*_DESCRIPTIVE, "runbook", "escalate_after", "truth", "actions"),
)

WORKFLOW = Vocabulary(_WORKFLOW, _STEP, "a step")
STEP = Vocabulary(_STEP, _WORKFLOW, "the workflow")
MATCHER = Vocabulary(("event", "where"))
TRUTH = Vocabulary(("get", "headers", "confirmed", "absent", "time", "every", "cache"))
ACTION = Vocabulary(("label", "post", "headers", "body", "idempotent", "approve", "automatic"))
AT_RISK = Vocabulary(("value", "unit"))


class Keys:
    """The values of a map by their keys. What is absent or wrong reads as its default; what is wrong is reported."""

    def __init__(self, node: Map, vocabulary: Vocabulary, problems: Problems) -> None:
        self._problems = problems
        self._values: dict[str, Node] = {}
        self._places: dict[str, Position] = {}
        self._meant: set[str] = set()
        for entry in node.entries:
            if entry.key.text in vocabulary.known:
                self._values[entry.key.text] = entry.value
                self._places[entry.key.text] = entry.key.at
            else:
                self._meant.add(nearest(entry.key.text, vocabulary.known) or "")
                _refuse_key(entry.key.text, vocabulary, problems, entry.key.at)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def lacks(self, key: str) -> bool:
        """Whether the key is absent, and not just misspelt."""
        return key not in self._values and key not in self._meant

    def misspells(self, key: str) -> bool:
        return key not in self._values and key in self._meant

    def __getitem__(self, key: str) -> Node:
        return self._values[key]

    def place(self, key: str) -> Position:
        """Where the key itself stands."""
        return self._places[key]

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

    def integer(self, key: str, least: int, most: int = LARGEST_INTEGER) -> int | None:
        return integer(self[key], key, least, most, self._problems) if key in self else None

    def choice(self, key: str, default: Choice) -> Choice:
        found = choice(self[key], key, type(default), self._problems) if key in self else None
        return default if found is None else found

    def deadline(self, key: str) -> int | None:
        """Microseconds, above zero."""
        return deadline(self[key], key, self._problems) if key in self else None

    def allowance(self, key: str) -> int:
        """Microseconds, zero where absent."""
        return (key in self and allowance(self[key], key, self._problems)) or 0

    def warning(self, key: str) -> Share | int | None:
        """A share of the way to a deadline, or microseconds before it."""
        return warning(self[key], key, self._problems) if key in self else None

    def instant(self, key: str) -> int | None:
        """Microseconds UTC."""
        return instant(self[key], key, self._problems) if key in self else None

    def text_map(self, key: str) -> dict[str, str]:
        found = text_map(self[key], key, self._problems) if key in self else None
        return dict(sorted((found or {}).items()))


def _refuse_key(key: str, vocabulary: Vocabulary, problems: Problems, at: Position) -> None:
    hint = near = ""
    if key in vocabulary.elsewhere:
        hint = f"{key} is a key of {vocabulary.belongs_to}"
    else:
        near = did_you_mean(key, vocabulary.known)
        hint = "" if near else f"the keys here are {', '.join(vocabulary.known)}"
    problems.error(at, Check.UNKNOWN_KEY, f"unknown key {quoted(key)}{near}", hint)
