"""Workflows to draw."""

from rules.parse.rule import parse
from rules.spec import Workflow

BOOKING = """\
workflow: hotel-booking
noun: booking
owner: reservations
start: Requested
grace: 2m
within: 30d
cancel: Cancelled
ends_on: StayEnded
steps:
  RoomHeld: {within: 1m, undone_by: RoomReleased, undo_within: 10m}
  Authorized: {within: 2m, expires: 7d, owner: payments, severity: critical, fails_on: Declined}
  Points: {after: RoomHeld, optional: true, within: 1h}
  Extras: {after: RoomHeld, when: 'start.channel != "walk-in"', times: size(start.extras), within: 1d, warn: 80%}
  Confirmed: {after: [RoomHeld, Authorized], within: 15m, at_most: 1}
  Mailed: {after_any: [Confirmed, Extras], within: 10m, leave_behind: true, when: Authorized.mail == true}
  Arrived: {after: Confirmed, due: start.arrival}
  Captured: {after: Arrived, needs: Authorized, match: amount == start.amount}
  Chargeback: {at_most: 0}
"""

ODD = """\
workflow: odd
start: {event: 'a <b> & "c"', where: 'note.contains("--> |x| ]]> `;` #quot; %%")'}
steps:
  end: {within: 1h}
  'subgraph "x"': {after: end, within: 1h}
  ThisIsAVeryLongStepNameWithoutAnyBreakWhatsoeverThatGoesOnAndOnAndOn: {after: end, within: 1h, owner: <sons>}
  averyveryverylongnamewithoutcapitalsorunderscoresthatmustbecutsomewhere: {after: end, within: 1h}
  注文が発送されました注文が発送されました注文が発送されました: {after_any: [end, start], within: 1h}
  WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW: {after: end, within: 1h, when: 'start.x == "</script><b>"'}
"""


def workflow(text: str) -> Workflow:
    parsed = parse(text, "rule.yaml")
    assert parsed.workflow is not None, parsed.diagnostics
    return parsed.workflow


def flat(steps: int) -> Workflow:
    """All after the start."""
    names = "\n".join(f"  Step{number}: {{within: {number + 1}h}}" for number in range(steps))
    return workflow(f"workflow: flat\nstart: Placed\nsteps:\n{names}\n")


def woven(steps: int) -> Workflow:
    """Each after the one before and one long before."""
    names = "\n".join(
        f"  Step{number}: {{within: 1h, after: [Step{number - 1}, Step{number // 2}]}}" for number in range(2, steps)
    )
    first = "  Step0: {within: 1h}\n  Step1: {within: 1h}\n"
    return workflow(f"workflow: woven\nstart: Placed\nsteps:\n{first}{names}\n")
