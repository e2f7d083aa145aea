"""The sentences on what failed, came too often, does not fit, or was not undone."""

from typing import Any

from rules.expression import START, Attribute, Binary
from rules.sentence.sentence import sentence
from rules.spec import Orphans, Step, Workflow
from rules.verdict import Finding, InstanceState, Kind, Verdict
from store.event import HOUR, MINUTE, Event
from tests.rules.shop import NOON, event, named
from tests.rules.told import step, verdict

AS_OF = NOON + 10 * HOUR


def judged(steps: list[Step], events: list[Event], kind: Kind, as_of: int = AS_OF, **keys: Any) -> str:
    """The sentence on the first finding of this kind, in an order that was placed at noon."""
    workflow = Workflow(
        "flow", named("Placed"), tuple(steps), **{"noun": "order", "cancel": named("Cancelled"), **keys}
    )
    found = verdict(workflow, [event("a", "Placed", 0), *events], as_of)
    finding = next(it for it in found.findings if it.kind is kind)
    return sentence(workflow, found, finding, as_of)


def at(name: str, minute: int) -> Event:
    return event("a", name, minute * MINUTE, id=f"{name}-{minute}")


def word(name: str, step: str, minute: int) -> Event:
    told = f'{{"workflow": "flow", "step": "{step}", "actor": "eve", "reason": "asked the bank"}}'
    return Event(f"w-{minute}", "a", name, NOON + minute * MINUTE, "noshow", told)


PAID = step("Paid", within=HOUR, fails_on=named("Declined"))


def test_a_failure_is_told_with_the_event_that_said_so() -> None:
    assert judged([PAID], [at("Declined", 10)], Kind.FAILED) == "Paid failed: Declined came 2025-11-20 12:10 UTC."


def test_the_word_of_somebody_is_told_as_such() -> None:
    expected = "Paid did not happen: somebody who looked said so 2025-11-20 12:10 UTC."
    assert judged([PAID], [word("absent", "Paid", 10)], Kind.FAILED) == expected
    assert judged([step("Paid", within=HOUR)], [word("absent", "Paid", 10), at("X", 20)], Kind.FAILED) == expected


def test_a_failure_of_which_the_verdict_does_not_say_whose_word_it_was_names_both() -> None:
    assert judged([PAID], [at("Declined", 10), at("Else", 20)], Kind.FAILED) == (
        "Paid failed 2025-11-20 12:10 UTC, by Declined or by the word of somebody who looked."
    )


def test_one_too_many_is_told_with_when_it_came() -> None:
    twice = [at("Paid", 5), at("Paid", 10)]
    assert judged([step("Paid", at_most=1)], twice, Kind.DUPLICATE) == (
        "Paid may come only once, and came again 2025-11-20 12:10 UTC."
    )
    assert judged([step("Paid", at_most=2)], [*twice, at("Paid", 20)], Kind.DUPLICATE) == (
        "Paid may come 2 times at most, and number 3 came 2025-11-20 12:20 UTC."
    )
    assert judged([step("Chargeback", at_most=0, optional=True)], [at("Chargeback", 20)], Kind.DUPLICATE) == (
        "Chargeback came 2025-11-20 12:20 UTC, and must not come at all."
    )


def test_what_does_not_fit_is_told_with_what_was_compared() -> None:
    same = Binary("==", Attribute(None, ("amount",)), Attribute(START, ("total", "net")))
    assert judged([step("Paid", match=same)], [at("Paid", 5)], Kind.MISMATCH) == (
        "Paid does not fit: amount == start.total.net is not true. All that it reads had come by 2025-11-20 12:05 UTC."
    )


REFUNDED = step("Paid", undone_by=named("Refunded"), undo_within=2 * HOUR)
RELEASED = step("Reserved", undone_by=named("Released"), undo_within=2 * HOUR)


def test_what_was_to_be_undone_is_told_with_why_and_until_when() -> None:
    assert judged([REFUNDED], [at("Paid", 5), at("Cancelled", 60)], Kind.NOT_UNDONE) == (
        "Paid of 2025-11-20 12:05 UTC was to be undone within 2 h after the order was called off 2025-11-20 13:00 UTC; "
        "no Refunded had come by 2025-11-20 22:00 UTC. As far as is known, the order was called off, and for the "
        "customer Paid still stands."
    )


def test_what_came_when_all_was_over_is_to_be_undone_from_then_on() -> None:
    assert judged([REFUNDED], [at("Cancelled", 60), at("Paid", 90)], Kind.NOT_UNDONE) == (
        "Paid of 2025-11-20 13:30 UTC was to be undone within 2 h after it came, for the order was called off "
        "2025-11-20 13:00 UTC; no Refunded had come by 2025-11-20 22:00 UTC. As far as is known, the order was called "
        "off, and for the customer Paid still stands."
    )


def test_a_failure_is_what_calls_for_undoing_when_it_comes_first() -> None:
    shipped = step("Shipped", within=40 * MINUTE, fails_on=named("Lost"))
    told = judged([REFUNDED, shipped], [at("Paid", 5), at("Lost", 30), at("Cancelled", 60)], Kind.NOT_UNDONE)
    assert "after Shipped failed 2025-11-20 12:30 UTC" in told
    assert told.endswith("As far as is known, Shipped failed, and for the customer Paid still stands.")


def test_what_came_after_the_end_stands_for_the_customer() -> None:
    assert judged([REFUNDED], [at("Cancelled", 60), at("Paid", 90)], Kind.AFTER_END) == (
        "Paid came 2025-11-20 13:30 UTC, 30 min after the order was called off. For the customer it stands, as far as "
        "is known."
    )


def test_half_undone_says_which_half() -> None:
    events = [at("Paid", 5), at("Reserved", 6), at("Cancelled", 60), at("Released", 61)]
    assert judged([REFUNDED, RELEASED], events, Kind.HALF_UNDONE) == (
        "The order is half undone: Reserved is undone, and Paid not. It is neither carried out nor taken back: as "
        "far as is known, the customer is left with Paid, and without Reserved."
    )


def test_half_undone_does_not_call_undone_what_there_is_still_time_for() -> None:
    slow = step("Booked", undone_by=named("Unbooked"), undo_within=48 * HOUR)
    left = step("Printed", undone_by=named("Shredded"), undo_within=HOUR, leave_behind=True)
    came = [at("Paid", 5), at("Booked", 6), at("Printed", 7), at("Reserved", 8), at("Cancelled", 60)]
    certain = judged([REFUNDED, slow, left, RELEASED], [*came, at("Released", 70)], Kind.HALF_UNDONE)
    assert certain.startswith("The order is half undone: Reserved is undone, and Paid not.")
    unclear = judged([REFUNDED, slow, left], [*came, at("Shredded", 70)], Kind.HALF_UNDONE)
    assert unclear.startswith("The order is half undone: at least one of Booked and Printed is undone, and Paid not.")
    assert unclear.endswith("the customer is left with Paid.")


def test_a_deadline_that_an_authorization_gave_is_told_with_it() -> None:
    steps = [step("Authorized", expires=HOUR), step("Captured", within=48 * HOUR, needs=("Authorized",))]
    assert judged(steps, [at("Authorized", 5)], Kind.MISSING) == (
        "Captured was due 2025-11-20 13:05 UTC, when Authorized of 2025-11-20 12:05 UTC lapsed after 1 h; "
        "nothing had arrived by 2025-11-20 22:00 UTC."
    )


def test_of_several_that_are_needed_it_is_told_how_many_came() -> None:
    parcels = step("Sent", within=HOUR, times=Attribute(START, ("parcels",)))
    workflow = Workflow("flow", named("Placed"), (parcels,))

    def of(*minutes: int) -> str:
        placed = event("a", "Placed", 0, '{"parcels": 3}')
        found = verdict(workflow, [placed, *(at("Sent", minute) for minute in minutes)], AS_OF)
        return sentence(workflow, found, found.findings[0], AS_OF).partition("; ")[2]

    assert of() == "none of 3 had arrived by 2025-11-20 22:00 UTC."
    assert of(5, 6) == "2 of 3 had arrived by 2025-11-20 22:00 UTC."
    assert of(5, 6, 65) == "the last of them came 5 min late."


def test_of_a_number_that_is_not_known_yet_that_is_told() -> None:
    steps = [step("Split"), step("Sent", within=HOUR, times=Attribute("Split", ("parcels",)))]
    assert judged(steps, [at("Sent", 5)], Kind.MISSING).endswith(
        "; 1 had arrived by 2025-11-20 22:00 UTC, and how many it takes is for Split to say."
    )


def test_an_orphan_is_told_with_what_never_came() -> None:
    workflow = Workflow("flow", named("Placed"), (step("Paid"),), orphans=Orphans.FLAG, grace=10 * MINUTE)
    finding = Finding("", Kind.ORPHAN, NOON + 10 * MINUTE)
    orphan = Verdict("flow", "a", InstanceState.ORPHAN, None, (), (finding,))
    assert sentence(workflow, orphan, finding, NOON + 11 * MINUTE) == (
        "It has events since 2025-11-20 12:00 UTC and no beginning: no Placed, nor what begins anything else, had come "
        "by 2025-11-20 12:11 UTC."
    )
