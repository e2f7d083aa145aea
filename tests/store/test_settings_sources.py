"""Mappings as they stand in the settings: what they come to, and what is wrong with them."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.location import Part
from store.settings import load
from store.settings_sources import Sources

PAYMENTS = """\
collector:
  sources:
    payments:
      correlation_id: [/order/id, $message.header#/order-id]
      name: /type
      time: /created_at
      time_unit: ms
      attributes: /data
      rename: {payment.captured: PaymentReceived}
      trace_id_as_correlation_id: true
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sources(text: str) -> Sources:
    Path("noshow.yaml").write_text(text)
    return load({}).collector.sources


def problems(*lines: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        sources("collector:\n  sources:\n" + "".join(f"    {line}\n" for line in lines))
    return [it.removeprefix("noshow.yaml:") for it in caught.value.problems]


def test_a_mapping_in_full() -> None:
    mapping = sources(PAYMENTS).of("payments")
    assert mapping is not None
    assert [(it.part, it.path) for it in mapping.fields["correlation_id"]] == [
        (Part.PAYLOAD, ("order", "id")),
        (Part.HEADER, ("order-id",)),
    ]
    assert (mapping.time_unit, mapping.rename) == ("ms", {"payment.captured": "PaymentReceived"})
    assert (mapping.trace_id, mapping.reads_documents) == (True, True)
    assert mapping.attributes is not None
    assert mapping.attributes.path == ("data",)


@pytest.mark.parametrize("text", ["", "collector:\n  sources:\n", "collector:\n  sources: {}\n"])
def test_nothing_is_mapped_unless_it_is_said(text: str) -> None:
    assert not sources(text)
    assert sources(text).of("payments") is None


def test_a_name_goes_before_patterns_and_the_first_pattern_before_others() -> None:
    found = sources(
        "collector:\n  sources:\n"
        + "".join(
            f"    {pattern}: {{correlation_id: {place}}}\n"
            for pattern, place in [('"pay*"', "first"), ('"*-eu"', "second"), ("pay-eu", "own"), ('"s?[op]"', "exact")]
        )
    )
    told = {name: found.of(name) for name in ("pay-eu", "pay-us-eu", "shop-eu", "s?[op]", "shop")}
    places = {name: it and it.fields["correlation_id"][0].text for name, it in told.items()}
    assert places == {"pay-eu": "own", "pay-us-eu": "first", "shop-eu": "second", "s?[op]": "exact", "shop": None}


def test_a_source_that_says_neither_name_nor_time_reads_no_documents() -> None:
    found = sources("collector: {sources: {shop: {correlation_id: order_id, name: type}}}")
    assert found.of("shop") is not None
    assert found.document("shop") is None
    assert found.document("") is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("payments:", "3:14: collector.sources.payments: expected a mapping"),
        (
            "payments: {corelation_id: a}",
            "3:16: collector.sources.payments.corelation_id: unknown setting; did you mean correlation_id?",
        ),
        (
            "payments: {correlation_id: $message.body#/x}",
            "3:32: collector.sources.payments.correlation_id: expected an attribute's name, a JSON pointer",
        ),
        (
            "payments: {correlation_id: [order_id, /a~b]}",
            "3:43: collector.sources.payments.correlation_id[1]: in a JSON pointer ~ is written ~0",
        ),
        ("payments: {correlation_id: {a: b}}", "3:32: collector.sources.payments.correlation_id: expected a single"),
        ("payments: {time_unit: min}", "3:27: collector.sources.payments.time_unit: expected s, ms, us or ns"),
        ('payments: {rename: {a: ""}}', "3:28: collector.sources.payments.rename.a: expected the name of an event"),
        ("payments: {attributes: /data}", "3:28: collector.sources.payments.attributes: is of documents, which need"),
        (
            "payments: {name: a, time: b, attributes: data}",
            "3:46: collector.sources.payments.attributes: expected a JSON pointer such as /data",
        ),
        ("payments: {time: [a, $event]}", "3:22: collector.sources.payments.time: an event's own time is what counts"),
        ("noshow: {name: a}", "3:13: collector.sources.noshow: noshow is reserved"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line: str, problem: str) -> None:
    [found] = problems(line)
    assert found.startswith(problem)


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(problems("a: {time_unit: x, name: $y}", "a: {name: z}", "b: {id: ''}")) == 4
