"""A JSON document of a source's own making, as an event: where its parts are, the mapping of the source says.

Nothing is taken for a part of the event that the mapping does not name: `id` may well be the order's, and `name` the
customer's. The document is kept as it is, as the event's attributes.
"""

from typing import Any

import msgspec
from msgspec import Raw

from collector.acceptance import Acceptance, content_id, describe
from collector.errors import Refused
from collector.json import attributes as json_attributes
from collector.mapping.reading import Reading
from store.event import Event
from store.location import Location, resolve
from store.settings_sources import SourceSettings


def read_document(text: bytes, terms: Acceptance, mapping: SourceSettings) -> Event:
    """The event in the text of one JSON object.

    Raises `Refused`, or `NotJson` where the text is no JSON at all.
    """
    document = json_attributes.parse_object(text, terms.longest)
    json_attributes.check(document, "attributes")
    reading = Reading(terms, mapping, document)
    source = terms.check_source(None, terms.stated)
    correlation_id, name, time = reading.correlation_id(None), reading.name(None), reading.time(None)
    attributes = _attributes(text, document, mapping.attributes)
    terms.check_size(attributes.encode())
    return Event(
        id=reading.text("id", None) or content_id(source, name, time * 1_000, correlation_id, attributes),
        correlation_id=correlation_id,
        name=name,
        time=time,
        source=source,
        attributes=attributes,
        causation_id=reading.text("causation_id", None),
        received_at=terms.now,
    )


def _attributes(text: bytes, document: dict[str, Any], place: Location | None) -> str:
    """The exact text of the object there: digits and order stay as they were sent. Of nothing, no attributes."""
    if place is None:
        return text.decode()
    value = resolve(place.path, document)
    if value is None:
        return "{}"
    if not isinstance(value, dict):
        raise Refused("attributes", f"expected an object at {place.text}, got {describe(value)}")
    part = Raw(text)
    for token in place.path:
        below = msgspec.json.decode(part, type=dict[str, Raw] | list[Raw])
        part = below[int(token)] if isinstance(below, list) else below[token]
    return bytes(part).decode()
