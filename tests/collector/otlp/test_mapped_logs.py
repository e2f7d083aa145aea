"""OTLP log records of a source with a mapping, and of any source without a correlation ID of its own."""

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.mapping.message import Message
from collector.otlp.logs import decode_logs
from store.event import Event
from store.settings_sources import SourceSettings
from tests.collector.mapping.mappings import mapped, mapped_terms
from tests.collector.otlp.records import any_value, pairs, record, request
from tests.conftest import NOON

SHOP = mapped("shop", {"correlation_id": "/order/id", "name": "kind", "time": "at"}, time_unit="ms")


def bare(attributes: dict[str, object], *, event_name: str = "") -> LogRecord:
    return LogRecord(event_name=event_name, time_unix_nano=1, trace_id=b"\x01" * 16, attributes=pairs(attributes))


def one(sent: LogRecord, *mappings: SourceSettings, message: Message | None = None) -> Event | str:
    batch = decode_logs(request(sent), mapped_terms(*mappings, message=message))
    return next(iter(batch.events), None) or f"{batch.rejected[0].field}: {batch.rejected[0].reason}"


def test_a_mapping_goes_before_what_the_record_says_and_its_fields_stay_attributes() -> None:
    attributes = {"kind": "PaymentReceived", "at": NOON // 1_000, "order": {"id": 17}}
    event = one(record(attributes), SHOP)
    assert isinstance(event, Event)
    assert (event.correlation_id, event.name, event.time) == ("17", "PaymentReceived", NOON)
    assert '"order":{"id":17}' in event.attributes
    unmapped = one(record(attributes))
    assert isinstance(unmapped, Event)
    assert (unmapped.correlation_id, unmapped.name) == ("o-1", "OrderPlaced")


def test_a_pointer_leads_into_a_body_that_is_a_map() -> None:
    sent = bare({"kind": "A", "at": NOON // 1_000})
    sent.body.CopyFrom(any_value({"order": {"id": "o-2"}}))
    event = one(sent, SHOP)
    assert isinstance(event, Event)
    assert event.correlation_id == "o-2"


def test_a_record_without_a_name_where_the_mapping_has_one_is_no_business_event() -> None:
    assert decode_logs(request(bare({})), mapped_terms()).ignored == 1
    assert one(bare({"order": {"id": 1}}), SHOP) == "name: missing; nor is it at kind"


def test_the_record_may_carry_baggage_and_the_request_may_not() -> None:
    carried = one(bare({"baggage": "correlation.id=o-3"}, event_name="A"))
    assert isinstance(carried, Event)
    assert carried.correlation_id == "o-3"
    message = Message([(b"baggage", b"correlation.id=o-4")], single=False)
    assert "says nothing of one of them" in str(one(bare({}, event_name="A"), message=message))


def test_the_trace_id_counts_where_it_is_set() -> None:
    event = one(bare({}, event_name="A"), mapped("shop", {}, trace_id=True))
    assert isinstance(event, Event)
    assert event.correlation_id == event.trace_id == "01" * 16
    assert one(bare({}, event_name="A")) == "correlation_id: missing"
