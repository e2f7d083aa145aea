"""Many records at once: that the quick way never disagrees with the careful one, and takes what is common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.otlp import logs
from collector.otlp.quick import read_records
from tests.collector.conftest import LIMITS
from tests.collector.otlp import records as otlp
from tests.collector.otlp.records import record, request
from tests.conftest import NOON

TERMS = Acceptance.at(NOON, LIMITS)

identifiers = st.sampled_from(["o-1", "", " ", "null", "é", "x" * 65, "y" * 513, "\n", None, 7])
values = st.recursive(
    st.sampled_from([None, True, 0, 1.5, float("nan"), "", "a", b"\x00"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "correlation.id": identifiers,
        "causation.id": identifiers,
        "log.record.uid": identifiers,
        "event.name": identifiers,
        "baggage": st.just("correlation.id=o-2"),
        "a": values,
    },
)


@st.composite
def records(draw: st.DrawFn) -> LogRecord:
    made = record(draw(attributes), event_name=draw(st.sampled_from(["A", "A", "", "\n"])))
    made.time_unix_nano = draw(st.sampled_from([NOON * 1_000 + 1, 0, 2**63]))
    made.observed_time_unix_nano = draw(st.sampled_from([0, NOON * 1_000]))
    made.trace_id = draw(st.sampled_from([b"", bytes(16), b"\x01" * 16]))
    if draw(st.booleans()):
        made.body.CopyFrom(otlp.any_value(draw(values)))
    if draw(st.integers(0, 9)) == 0:
        made.attributes.extend(otlp.pairs({"a": 2}))
    return made


def carefully(body: bytes) -> Batch:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "read_records", lambda *_: None)
        return logs.decode_logs(body, TERMS)


@given(st.lists(records(), min_size=1, max_size=3), st.sampled_from([{}, {"correlation.id": "of the resource"}]))
def test_the_quick_way_never_disagrees_with_the_careful_one(made: list[LogRecord], resource: dict[str, object]) -> None:
    body = request(*made, resource=resource)
    assert logs.decode_logs(body, TERMS) == carefully(body)


def test_common_records_are_read_the_quick_way() -> None:
    made = [
        record({"log.record.uid": "u-1", "amount": 12.5, "items": [{"sku": "a"}], "causation.id": "e-0"}),
        record({"a": ""}),
        record({"event.name": "Older"}, event_name=""),
    ]
    made[0].trace_id = b"\x01" * 16
    made[1].body.string_value = "a sentence"
    quick = read_records([it.SerializeToString() for it in made], "shop", None, TERMS)
    assert quick == carefully(request(*made)).events


def test_one_odd_record_leaves_the_others_where_they_are() -> None:
    made = [record({"log.record.uid": f"u-{number}"}) for number in range(600)]
    made[300] = record({"correlation.id": ""})
    batch = logs.decode_logs(request(*made), TERMS)
    assert [it.index for it in batch.rejected] == [300]
    assert batch.events.id == [f"u-{number}" for number in range(600) if number != 300]
