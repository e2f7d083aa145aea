"""References of others that an order's events carry, such as `charge_id`: what one asks another company about."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from store import events
from store.clickhouse import ClickHouse
from store.errors import StoreError

logger = logging.getLogger(__name__)

USUAL = ("*_id",)

_EVENTS = 1_000  # of one order that are looked at
_VALUES = 20  # of one name that are told
_LONGEST = 200  # characters of a value; what is longer is no reference

Found = Mapping[str, Sequence[str]]
"""By name, the values in the order in which they first came, each once."""


class References:
    """Of the attributes whose name fits one of `patterns`, in which `*` stands for anything. What lies deeper in an
    event goes by its last name."""

    def __init__(self, clickhouse: ClickHouse, patterns: Sequence[str]) -> None:
        self._clickhouse = clickhouse
        self._patterns = patterns

    def of_orders(self, correlation_ids: Collection[str]) -> dict[str, Found]:
        """By correlation ID, as far as there are any. Raises as ClickHouse does."""
        attributes: defaultdict[str, list[str]] = defaultdict(list)
        if correlation_ids and self._patterns:
            for order, text in events.attributes(self._clickhouse, sorted(correlation_ids), _EVENTS):
                attributes[order].append(text)
        return {order: gathered(texts, self._patterns) for order, texts in attributes.items()}

    def told(self, correlation_ids: Collection[str]) -> dict[str, dict[str, str]]:
        """The same for the audit trail, several values with commas between them. Empty where ClickHouse is away: that
        must keep nobody from working."""
        try:
            found = self.of_orders(correlation_ids)
        except StoreError as error:
            logger.warning("no references for the audit trail: %s", error)
            return {}
        return {order: {name: ", ".join(it) for name, it in names.items()} for order, names in found.items()}


def gathered(attributes: Iterable[str], patterns: Sequence[str]) -> Found:
    """From the attributes of events in order of time, each the JSON text of an object."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for text in attributes:
        for name, value in _leaves(_decoded(text)):
            if any(fnmatchcase(name, pattern) for pattern in patterns) and len(found[name]) < _VALUES:
                found[name][value] = None
    return {name: tuple(values) for name, values in sorted(found.items()) if values}


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}


def _leaves(tree: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Texts and whole numbers with the name that each goes by; those of a list by the list's."""
    match tree:
        case dict():
            for key, value in tree.items():
                yield from _leaves(value, key)
        case list():
            for value in tree:
                yield from _leaves(value, name)
        case str() if 0 < len(tree) <= _LONGEST:
            yield name, tree.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        case int() if not isinstance(tree, bool):
            yield name, str(tree)
