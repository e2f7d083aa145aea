"""The chain of causes among an order's events."""

from reconcile.cases.ambiguity import SENTENCES, Ambiguity, ambiguities
from reconcile.cases.evidence import chained
from rules.verdict import RUNAWAY, Kind
from store.event import Event
from tests.reconcile.desk import finding


def event(id_: str, cause: str = "") -> Event:
    return Event(id_, "a", "Happened", 0, "shop", causation_id=cause)


def depths(*history: Event) -> list[int]:
    return [it.depth for it in chained(history)]


def test_an_event_lies_as_deep_as_it_has_causes() -> None:
    assert depths(event("placed"), event("paid", "placed"), event("shipped", "paid")) == [0, 1, 2]


def test_a_cause_that_is_not_among_them_begins_a_chain() -> None:
    assert depths(event("paid", "a command"), event("shipped", "paid")) == [0, 1]


def test_a_circle_of_causes_is_cut() -> None:
    assert depths(event("one", "two"), event("two", "one"), event("self", "self")) == [2, 2, 0]


def test_every_kind_of_finding_has_a_word_and_every_word_a_sentence() -> None:
    told = ambiguities(finding(kind=kind) for kind in (*Kind, RUNAWAY))
    assert set(told) == set(Ambiguity) - {Ambiguity.UNKNOWN}
    assert ambiguities([finding(kind="teleported")]) == (Ambiguity.UNKNOWN,)
    assert set(SENTENCES) == set(Ambiguity)
