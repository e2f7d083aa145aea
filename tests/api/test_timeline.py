"""The picture of an instance: where things are, before anything is drawn."""

from dataclasses import replace
from itertools import pairwise

import pytest

from api.lane import Lane, note
from api.timeline import CONTEXT_GAP, NARROW, WIDE, DrawnLane, Format, Picture, Scene, describe, draw
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.conftest import NOON

PAID = Lane("PaymentReceived", "on_time", NOON + 10 * MINUTE, NOON + 15 * MINUTE)
LATE = Lane("ItemShipped", "late", NOON + 50 * MINUTE, NOON + 30 * MINUTE)
MISSING = Lane("ComplianceCheckDone", "missing", None, NOON + 40 * MINUTE)
SCENE = Scene(NOON, [PAID, LATE, MISSING], NOON + HOUR, "incomplete")


def lane(picture: Picture, name: str) -> DrawnLane:
    return next(lane for lane in picture.lanes if lane.name == name)


def test_places_are_proportional_to_time() -> None:
    picture = draw(SCENE, WIDE)
    start, now = lane(picture, "start").dot, picture.lines[-1].x
    paid = lane(picture, "PaymentReceived").dot
    assert start is not None
    assert paid is not None
    assert paid - start == pytest.approx((now - start) / 6, abs=0.2)


def test_the_late_part_lies_between_deadline_and_arrival() -> None:
    late = lane(draw(SCENE, WIDE), "ItemShipped")
    over = next(segment for segment in late.segments if segment.look == "over")
    assert (over.x, over.to) == (late.due, late.dot)
    assert over.x < over.to


def test_a_missing_step_is_a_gap_from_its_deadline_to_now() -> None:
    picture = draw(SCENE, WIDE)
    missing = lane(picture, "ComplianceCheckDone")
    nothing = next(segment for segment in missing.segments if segment.look == "nothing")
    assert (nothing.x, nothing.to) == (missing.due, picture.lines[-1].x)
    assert missing.gap == nothing.to
    assert missing.dot is None


def test_a_deadline_stays_to_be_seen_beside_its_dot() -> None:
    close = replace(PAID, due=NOON + 10 * MINUTE + SECOND)
    on_time = lane(draw(replace(SCENE, lanes=[close]), WIDE), "PaymentReceived")
    assert on_time.dot is not None
    assert on_time.due == on_time.dot + 9
    barely_late = replace(close, state="late", due=NOON + 10 * MINUTE - SECOND)
    late = lane(draw(replace(SCENE, lanes=[barely_late]), WIDE), "PaymentReceived")
    assert late.dot is not None
    assert late.due == late.dot - 9


def test_a_present_far_away_is_cut_off() -> None:
    near, far = draw(SCENE, WIDE), draw(replace(SCENE, now=NOON + 3000 * DAY), WIDE)
    assert (near.cut, far.cut) == (False, True)
    assert far.lines[-1].label == "now, not to scale"
    due, end = lane(far, "ComplianceCheckDone").due, far.right
    assert due is not None
    assert due > (far.left + end) / 2, "what happened keeps most of the room"


def test_what_is_over_shows_no_present() -> None:
    done = draw(Scene(NOON, [PAID, LATE], NOON + DAY, "complete"), WIDE)
    assert done.lines == []
    assert not done.cut


def test_an_end_is_marked_and_what_it_made_needless_has_no_deadline() -> None:
    needless = Lane("ItemShipped", "not_needed", None, NOON + 400 * DAY)
    picture = draw(Scene(NOON, [PAID, needless], NOON + DAY, "cancelled", NOON + HOUR), WIDE)
    assert [line.label for line in picture.lines] == ["cancelled"]
    assert lane(picture, "ItemShipped").due is None
    assert picture.ticks[-1].label == "13:00", "the axis ends with the instance"


def test_what_happened_before_the_start_is_in_the_picture() -> None:
    early = Lane("ItemShipped", "on_time", NOON - HOUR, None)
    picture = draw(Scene(NOON, [early], NOON + HOUR, "complete"), WIDE)
    assert picture.left < (lane(picture, "ItemShipped").dot or 0) < (lane(picture, "start").dot or 0)


def test_a_clock_that_is_behind_draws_nothing_outside() -> None:
    pending = Lane("ItemShipped", "pending", None, NOON + HOUR)
    picture = draw(Scene(NOON, [pending], NOON - DAY, "running"), WIDE)
    assert picture.lines[0].x == picture.left


@pytest.mark.parametrize("form", [WIDE, NARROW])
@pytest.mark.parametrize("span", [SECOND // 1000, 9 * SECOND, 20 * MINUTE, 3 * DAY, 200 * DAY, 4000 * DAY])
@pytest.mark.parametrize("steps", [0, 1, 60])
def test_everything_stays_inside_whatever_the_span(form: Format, span: int, steps: int) -> None:
    states = ["on_time", "late", "missing", "pending", "waiting", "skipped", "not_needed"]
    lanes = [
        Lane(f"Step {row} with a name that does not fit into any column", state, *_times(state, span * row // 60))
        for row, state in ((row, states[row % 7]) for row in range(steps))
    ]
    picture = draw(Scene(NOON, lanes, NOON + span, "incomplete"), form)
    places = [x for drawn in picture.lanes for x in (drawn.dot, drawn.due, drawn.gap) if x is not None]
    places += [x for drawn in picture.lanes for segment in drawn.segments for x in (segment.x, segment.to)]
    places += [tick.x for tick in picture.ticks] + [line.x for line in picture.lines]
    assert all(0 <= x <= picture.width for x in places)
    assert all(len(drawn.label) <= form.letters for drawn in picture.lanes)
    assert len(picture.lanes) == steps + 1
    gaps = [later.x - tick.x for tick, later in zip(picture.ticks, picture.ticks[1:], strict=False)]
    assert all(gap >= form.tick_gap * 0.8 for gap in gaps), "labels have room"


@pytest.mark.parametrize("form", [WIDE, NARROW])
@pytest.mark.parametrize("before", [1, 2, 3, 4, 5])
def test_the_date_of_a_short_first_day_gives_way_to_that_of_the_next(form: Format, before: int) -> None:
    started = NOON + 12 * HOUR - before * MINUTE
    lanes = [replace(PAID, at=started + MINUTE, due=started + 10 * MINUTE)]
    picture = draw(Scene(started, lanes, started + 20 * MINUTE, "complete"), form)
    dated = [tick for tick in picture.ticks if tick.context]
    assert dated[-1].context == "21 Nov 2025", "or this tells nothing"
    assert all(later.x - it.x >= CONTEXT_GAP for it, later in pairwise(dated))


def _times(state: str, offset: int) -> tuple[int | None, int | None]:
    due = NOON + offset
    return {
        "on_time": (due - 1, due),
        "late": (due + 1, due),
        "missing": (None, due),
        "pending": (None, due + offset),
        "not_needed": (None, due),
    }.get(state, (None, None))


def test_notes_say_how_late_how_early_and_since_when() -> None:
    now = NOON + HOUR
    assert note(PAID, now) == "on time, 5 min to spare"
    assert note(LATE, now) == "20 min late"
    assert note(MISSING, now) == "missing for 20 min"
    assert note(Lane("a", "pending", None, now + DAY), now) == "due in 1 d"
    assert note(Lane("a", "pending", None, now - SECOND), now) == "due 1 s ago", "within its grace"
    assert note(Lane("a", "on_time", NOON, None), now) == "on time"
    assert note(Lane("a", "not_needed", None, None), now) == "not needed"


def test_what_is_odd_is_said_in_place_of_on_time_and_not_needed() -> None:
    now = NOON + HOUR
    assert note(replace(PAID, odd=("out_of_order",)), now) == "out of order"
    assert note(Lane("a", "not_needed", NOON, None, ("after_end",)), now) == "after the end"
    assert note(replace(LATE, odd=("out_of_order",)), now) == "20 min late, out of order"
    assert note(replace(LATE, odd=("out_of_order", "after_end")), now) == "out of order, after the end"


def test_the_first_lane_has_the_name_of_the_start_event() -> None:
    picture = draw(replace(SCENE, opened_by="OrderPlaced"), WIDE)
    assert (picture.lanes[0].name, picture.lanes[0].state) == ("OrderPlaced", "start")


def test_the_words_for_those_who_cannot_see_it() -> None:
    assert describe(replace(SCENE, ended_at=NOON + HOUR, state="cancelled")) == (
        "Started 2025-11-20 12:00:00 UTC; PaymentReceived: on time, 5 min to spare; ItemShipped: 20 min late; "
        "ComplianceCheckDone: missing for 20 min; cancelled 2025-11-20 13:00:00 UTC."
    )
