"""Where the parts of an event are found, source by source. In the file only:

collector:
  sources:
    payments: {correlation_id: /order/id, name: /type, time: /created_at, rename: {payment.captured: PaymentReceived}}
    "shop-*": {correlation_id: [order_id, $message.header#/order-id]}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from store import settings_values as values
from store.event import RESERVED_SOURCE
from store.location import Location, Part, location
from store.settings_branch import ANY, Branch

SOURCES = ("collector", "sources")

FIELDS = ("correlation_id", "name", "time", "id", "causation_id")

# How many nanoseconds one of a unit has.
TIME_UNITS: Mapping[str, int] = MappingProxyType({"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1})

_TIME_UNIT, _RENAME, _ATTRIBUTES, _TRACE_ID = "time_unit", "rename", "attributes", "trace_id_as_correlation_id"
_KEYS = (*FIELDS, _TIME_UNIT, _RENAME, _ATTRIBUTES, _TRACE_ID)


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How the events of one source are read. In `pattern`, its name, `*` stands for anything.

    `fields`: the locations of a field of the event, of which the first that holds something counts. `time_unit`: of
    times that are numbers. `rename`: the names that stand for others. `attributes`: what part of a document its
    attributes are; `None` for all of it. `trace_id`: whether it stands in for a correlation ID; `None`: as everywhere.
    """

    pattern: str
    fields: Mapping[str, tuple[Location, ...]] = field(default_factory=dict)
    time_unit: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    attributes: Location | None = None
    trace_id: bool | None = None

    @property
    def reads_documents(self) -> bool:
        """Whether JSON of any shape can become events: where the name and the time of one are is said."""
        return "name" in self.fields and "time" in self.fields


@dataclass(frozen=True)
class Sources:
    """The mappings: how events are read that are not as Noshow would have them. False where there is none."""

    mappings: tuple[SourceSettings, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.mappings)

    def of(self, source: str) -> SourceSettings | None:
        """The mapping of that name, else the first in the settings whose pattern fits."""
        found = self._by_name.get(source)
        if found is None and self._patterns:
            return next((it for pattern, it in self._patterns if pattern.fullmatch(source)), None)
        return found

    def document(self, source: str) -> SourceSettings | None:
        """The mapping of a source whose events are documents of its own making."""
        found = self.of(source) if source else None
        return found if found is not None and found.reads_documents else None

    @cached_property
    def headers(self) -> frozenset[bytes]:
        """The names of all headers that mappings lead to, in lower case."""
        places = (place for it in self.mappings for field in it.fields.values() for place in field)
        return frozenset(place.path[0].lower().encode() for place in places if place.part is Part.HEADER)

    @cached_property
    def _by_name(self) -> dict[str, SourceSettings]:
        return {it.pattern: it for it in self.mappings if ANY not in it.pattern}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], SourceSettings]]:
        return [(_expression(it.pattern), it) for it in self.mappings if ANY in it.pattern]


UNMAPPED = Sources()


def sources(branch: Branch | None) -> Sources:
    """What the branch says, in the order of the file. What is wrong is added to its problems."""
    given = {} if branch is None else branch.members((ANY,))
    return Sources(tuple(_source(name, it) for name, it in given.items()))


def _source(name: str, branch: Branch) -> SourceSettings:
    if name == RESERVED_SOURCE:
        branch.problem(f"{RESERVED_SOURCE} is reserved: operators and truth lookups speak by it")
    given = branch.members(_KEYS)
    read = SourceSettings(
        pattern=name,
        fields={it: _locations(given[it]) for it in FIELDS if it in given},
        time_unit=given[_TIME_UNIT].parsed(_time_unit, None) if _TIME_UNIT in given else None,
        rename=_rename(given[_RENAME]) if _RENAME in given else {},
        attributes=given[_ATTRIBUTES].parsed(_payload, None) if _ATTRIBUTES in given else None,
        trace_id=given[_TRACE_ID].parsed(values.flag, False) if _TRACE_ID in given else None,
    )
    if any(place.part is Part.EVENT for place in read.fields.get("time", ())):
        given["time"].problem("an event's own time is what counts where nothing else is found; leave $event out")
    if read.attributes and not read.reads_documents:
        given[_ATTRIBUTES].problem("is of documents, which need name and time as well")
    return read


def _locations(branch: Branch) -> tuple[Location, ...]:
    found = (it.parsed(_location, None) for it in branch.alternatives())
    return tuple(place for place in found if place is not None)


def _location(text: str) -> Location | None:
    return location(text)


def _rename(branch: Branch) -> dict[str, str]:
    return {name: it.parsed(_event_name, "") for name, it in branch.members((ANY,)).items()}


def _event_name(text: str) -> str:
    if not text.strip():
        raise ValueError("expected the name of an event, such as PaymentReceived")
    return text


def _time_unit(text: str) -> str | None:
    if text not in TIME_UNITS:
        raise ValueError(f"expected {', '.join(list(TIME_UNITS)[:-1])} or {list(TIME_UNITS)[-1]}")
    return text


def _payload(text: str) -> Location | None:
    found = location(text)
    if found.part is not Part.PAYLOAD:
        raise ValueError("expected a JSON pointer such as /data")
    return found


def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split(ANY))), re.DOTALL)
