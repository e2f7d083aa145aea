"""Bodies that hold CloudEvents: one in JSON, a batch of them, or in binary mode the data of one.

They are not read by the official SDK: with it one bad event fails its batch, data are read and written anew, digits and
all, and it takes 60 % as many a second. The tests send with it.
"""

from functools import partial

from collector.acceptance import Acceptance
from collector.batch import Alone, Batch
from collector.cloudevents.binary import structured
from collector.cloudevents.event import read_cloud_event
from collector.errors import BodyTooLarge, MalformedBody, Refused
from collector.json.array import items, place
from collector.json.attributes import NotJson
from collector.json.event import source_of

FORM = "cloudevents"
"""What an event by itself is kept as: the text of its JSON object."""

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"

_BLANKS = b" \t\r\n"


def decode_structured(body: bytes, terms: Acceptance) -> Batch:
    """The event of one JSON object. Raises `MalformedBody` where the body is no JSON."""
    batch, single = Batch(), terms.single()
    try:
        batch.events.add(read_cloud_event(body, single))
    except NotJson as error:
        raise MalformedBody(f"{place(body, error.position)}: {error.reason}") from None
    except Refused as refused:
        batch.refuse(0, refused, partial(_alone, body, terms))
    return batch


def decode_batch(body: bytes, terms: Acceptance) -> Batch:
    """The events of an array. Raises `MalformedBody` where the body is none, `BodyTooLarge` where they are too many."""
    body = body.strip(_BLANKS)
    if not body.startswith(b"["):
        raise MalformedBody("line 1, column 1: expected an array of CloudEvents")
    batch = Batch()
    for index, text in enumerate(items(body, terms.max_batch)):
        if index == terms.max_batch:
            raise BodyTooLarge(f"more than {terms.max_batch:,} events in one request")
        try:
            batch.events.add(read_cloud_event(text, terms))
        except Refused as refused:
            batch.refuse(index, refused, partial(_alone, text, terms))
    return batch


def decode_binary(body: bytes, terms: Acceptance) -> Batch:
    """The event that the headers of the message and the body are together."""
    try:
        if len(body) > terms.longest:
            raise Refused("data", f"longer than {terms.longest:,} bytes, the most an event may have")
        text = structured(terms.message.headers, body)
    except Refused as refused:
        batch = Batch()
        batch.refuse(0, refused, partial(Alone.within, terms.longest, "", body))
        return batch
    return decode_structured(text, terms)


def _alone(text: bytes, terms: Acceptance) -> Alone:
    return Alone.within(terms.longest, FORM, text, source_of(text, terms))
