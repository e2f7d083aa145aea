"""What is said of a finding names what is really the matter."""

from rules.sentence.sentence import sentence
from rules.spec import Step, Workflow
from rules.verdict import Kind
from store.event import HOUR, MINUTE, SECOND, Event
from tests.rules.shop import NOON, event, named
from tests.rules.told import flag, step, verdict

AS_OF = NOON + 10 * HOUR


def told(steps: list[Step], kind: Kind, skew: int = 0, within: int | None = None, **minutes: int) -> str:
    """The sentence on the one finding of this kind, of steps that came so many minutes after noon."""
    workflow = Workflow("flow", named("Placed"), tuple(steps), noun="order", skew=skew, within=within)
    events: list[Event] = [event("a", "Placed", 0)]
    events += [event("a", name, at * MINUTE) for name, at in minutes.items()]
    judged = verdict(workflow, events, AS_OF)
    [finding] = [it for it in judged.findings if it.kind is kind]
    return sentence(workflow, judged, finding, AS_OF)


def test_one_that_came_before_any_of_several_is_told_with_the_first_of_them() -> None:
    steps = [step("A"), step("B"), step("Shipped", after=(), after_any=("A", "B"))]
    assert told(steps, Kind.OUT_OF_ORDER, A=30, B=20, Shipped=10) == (
        "Shipped came 2025-11-20 12:10 UTC, 10 min before B, which it should follow."
    )


def test_one_that_came_before_several_is_told_with_the_last_of_them() -> None:
    steps = [step("A"), step("B"), step("Shipped", after=("A", "B"))]
    assert told(steps, Kind.OUT_OF_ORDER, A=30, B=20, Shipped=10) == (
        "Shipped came 2025-11-20 12:10 UTC, 20 min before A, which it should follow."
    )


def test_what_came_within_the_skew_is_not_blamed() -> None:
    steps = [step("A"), step("B"), step("Shipped", after=("A", "B"))]
    assert told(steps, Kind.OUT_OF_ORDER, skew=90 * SECOND, A=11, Shipped=10) == (
        "Shipped came 2025-11-20 12:10 UTC, and B, which it should follow, has not come."
    )


def test_an_absent_optional_step_is_not_blamed() -> None:
    steps = [step("A", optional=True), step("B"), step("C"), step("Shipped", after=("A", "B", "C"))]
    assert told(steps, Kind.OUT_OF_ORDER, Shipped=10) == (
        "Shipped came 2025-11-20 12:10 UTC, and B and C, which it should follow, have not come."
    )


def test_of_several_any_of_which_would_do_none_is_blamed_alone() -> None:
    steps = [step("A"), step("B"), step("Shipped", after=(), after_any=("A", "B"))]
    assert told(steps, Kind.OUT_OF_ORDER, Shipped=10) == (
        "Shipped came 2025-11-20 12:10 UTC, and A or B, which it should follow, has not come."
    )


def test_a_deadline_is_told_from_what_it_was_counted_from() -> None:
    skipped = step("A", after=("Paid",), when=flag("start"))
    of_any = step("Shipped", after=(), after_any=("A", "Paid"), within=HOUR)
    paid = step("Paid", within=MINUTE)
    assert told([paid, skipped, of_any], Kind.MISSING, Paid=1).startswith(
        "Shipped was due 2025-11-20 13:01 UTC, 1 h after Paid;"
    )
    through = step("Shipped", after=("A",), within=HOUR)
    assert told([paid, skipped, through], Kind.MISSING, Paid=1).startswith(
        "Shipped was due 2025-11-20 13:01 UTC, 1 h after Paid;"
    )
    of_skipped = step("Shipped", after=(), after_any=("A",), within=HOUR)
    assert told([paid, skipped, of_skipped], Kind.MISSING, Paid=1).startswith(
        "Shipped was due 2025-11-20 13:00 UTC, 1 h after Placed;"
    )


def test_the_deadline_of_the_whole_is_told_as_such() -> None:
    assert told([step("Paid", within=2 * HOUR)], Kind.LATE, within=HOUR, Paid=65) == (
        "Paid was due 2025-11-20 13:00 UTC, 1 h after the order began; it came 5 min late."
    )


def test_an_instant_is_told_as_exactly_as_it_need_be() -> None:
    def of(due: int) -> str:
        workflow = Workflow("flow", named("Placed"), (step("Paid", within=due),))
        judged = verdict(workflow, [event("a", "Placed", 0)], AS_OF)
        return sentence(workflow, judged, judged.findings[0], AS_OF)[: len("Paid was due 2025-11-20 12:00:00.000 UTC")]

    assert of(MINUTE + 7).startswith("Paid was due 2025-11-20 12:01 UTC")
    assert of(MINUTE + SECOND).startswith("Paid was due 2025-11-20 12:01:01 UTC")
    assert of(MINUTE + 20_500) == "Paid was due 2025-11-20 12:01:00.020 UTC"
