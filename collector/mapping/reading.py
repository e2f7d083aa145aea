"""One event, read as the mapping of its source says. For each field, the first that is there counts:

1. what the mapping names, in its order;
2. what the event says where the protocol has a place for it (`correlation_id` of JSON, the attribute `correlation.id`);
3. of a correlation ID: `correlation.id` in the W3C Baggage that came with the event;
4. of a correlation ID, and only where it is set: the trace ID.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from collector.acceptance import Acceptance, check_correlation_id, check_name, check_text, describe
from collector.errors import Refused
from collector.json.event_time import in_unit, parse
from collector.mapping import baggage
from store.instant import rfc3339
from store.location import Location, Part, attribute, resolve
from store.settings_sources import TIME_UNITS, SourceSettings

BAGGAGE = "baggage"


@dataclass(frozen=True, slots=True)
class Reading:
    """`payload` is what pointers lead into: an event's attributes, or a document. `mapping`: `None` where the source
    has none. Every method raises `Refused`, with where was looked."""

    terms: Acceptance
    mapping: SourceSettings | None
    payload: object

    @classmethod
    def of(cls, source: str, payload: object, terms: Acceptance) -> "Reading":
        return cls(terms, terms.sources.of(source) if terms.sources else None, payload)

    def maps(self, field: str) -> bool:
        """Whether the mapping says where that field is."""
        return self.mapping is not None and field in self.mapping.fields

    def correlation_id(self, stated: object, trace_id: object = None, carried: object = None) -> str:
        """`stated`: what the event says where the protocol has a place for it; `carried`: the baggage of the event
        itself, where it has one and not only its message."""
        found = self._found("correlation_id", stated)
        if found is None or found == "":
            found = self._of_baggage(carried) or self._of_trace(trace_id) or found
        if found is None:
            raise Refused("correlation_id", self._missing("correlation_id"))
        return check_correlation_id(found)

    def name(self, stated: object) -> str:
        """As it is called here: renamed, where the mapping says so."""
        found = self._found("name", stated)
        if found is None:
            raise Refused("name", self._missing("name"))
        if self.mapping is not None and isinstance(found, str):
            found = self.mapping.rename.get(found, found)
        return check_name(found)

    def time(self, stated: object) -> int:
        """µs UTC, of an event that is taken. `stated` as JSON has it."""
        found = self._found("time", stated)
        if found is None:
            raise Refused("time", self._missing("time"))
        unit = None if self.mapping is None else self.mapping.time_unit
        return self.terms.check_time(parse(found) if unit is None else in_unit(found, TIME_UNITS[unit]))

    def mapped_time(self) -> int | None:
        """The same, for protocols in which times have a unit of their own; `None` where the mapping names none."""
        return None if next(self._mapped("time"), None) is None else self.time(None)

    def text(self, field: str, stated: object) -> str:
        """`id` or `causation_id`; '' where there is none."""
        return check_text(field, self._found(field, stated))

    def _found(self, field: str, stated: object) -> object:
        return next(self._mapped(field, stated), stated)

    def _mapped(self, field: str, stated: object = None) -> Iterator[object]:
        """What stands at the locations that the mapping has for the field. Empty text counts as nothing."""
        if self.mapping is None:
            return
        for place in self.mapping.fields.get(field, ()):
            found = stated if place.part is Part.EVENT else self._at(place, field)
            if found is not None and found != "":
                yield found if field == "time" else _as_text(field, found, place)

    def _at(self, place: Location, field: str) -> object:
        message = self.terms.message
        match place.part:
            case Part.ATTRIBUTE:
                return attribute(place.path[0], self.payload)
            case Part.PAYLOAD:
                return resolve(place.path, self.payload)
            case Part.HEADER:
                return next((_decoded(field, it, place.text) for it in message.header(place.path[0])), None)
            case Part.KEY:
                return None if message.key is None else _decoded(field, message.key, place.text)
            case Part.TIMESTAMP:
                return None if message.timestamp is None else rfc3339(message.timestamp)
        return None

    def _of_baggage(self, carried: object) -> str | None:
        texts = [carried] if isinstance(carried, str) else []
        if self.terms.message.single:
            texts += [_decoded("correlation_id", it, BAGGAGE) for it in self.terms.message.header(BAGGAGE)]
        return baggage.member(",".join(texts), baggage.CORRELATION_ID) if texts else None

    def _of_trace(self, trace_id: object) -> object:
        trusted = None if self.mapping is None else self.mapping.trace_id
        return trace_id if (self.terms.trace_id if trusted is None else trusted) else None

    def _missing(self, field: str) -> str:
        """That it is missing, and where else it could have been."""
        places = [] if self.mapping is None else [it.text for it in self.mapping.fields.get(field, ())]
        hint = ""
        if field == "correlation_id" and self.terms.message.single:
            places.append(f"{baggage.CORRELATION_ID} of the baggage")
        elif field == "correlation_id" and self.terms.message.header(BAGGAGE):
            hint = "; the baggage of a request with many events says nothing of one of them"
        return f"missing; nor is it at {' or '.join(places)}{hint}" if places else f"missing{hint}"


def _decoded(field: str, value: bytes, place: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Refused(field, f"{place} is not UTF-8") from None


def _as_text(field: str, value: object, place: Location) -> str:
    """Text as it is, and whole numbers, which many have as their keys."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Refused(field, f"expected text or a whole number at {place.text}, got {describe(value)}")
