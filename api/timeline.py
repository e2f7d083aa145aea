"""The picture of one instance: its steps as lanes against a common UTC time axis. Pure: values in, places out.

What is drawn where is decided here; the template `timeline.svg` only writes it down. Times are µs UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.axis import ticks
from api.lane import Lane, note
from api.times import in_words
from store.instant import rfc3339

OPEN = frozenset({"missing", "pending", "waiting"})
# A far-off present would press everything else together: the axis is cut where it is this many times as far.
CUT_BEYOND = 4.0
CUT_TAIL = 0.15


@dataclass(frozen=True, slots=True)
class Scene:
    """`ended_at`: when an event ended the instance, which made it `state`. `opened_by`: the start event, if known."""

    start: int
    lanes: Sequence[Lane]
    now: int
    state: str = ""
    ended_at: int | None = None
    opened_by: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """Sizes in the units of the picture. Without a label column, names stand above their lanes."""

    width: int
    label_column: int
    note_column: int
    lane_height: int
    letters: int
    """The longest name that fits."""
    tick_gap: int
    """The least room for one tick's label."""


WIDE = Format(width=1080, label_column=210, note_column=190, lane_height=34, letters=27, tick_gap=92)
NARROW = Format(width=360, label_column=0, note_column=0, lane_height=48, letters=24, tick_gap=84)
AXIS = 42
CONTEXT_GAP = 112
"""The least room for a day or year above a tick, where one stands at its left edge and the next in its middle."""
FOOT = 22
MARGIN = 10
DOT = 5
APART = 9
"""Between a dot and its deadline mark at least, so that one can see which came first."""


@dataclass(frozen=True, slots=True)
class Segment:
    x: float
    to: float
    look: str


@dataclass(frozen=True, slots=True)
class DrawnTick:
    x: float
    label: str
    context: str
    anchor: str


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """`y` is that of the line; `dot` where it was fulfilled, `due` the deadline mark, `gap` the end of nothing, `cross`
    where it failed."""

    name: str
    label: str
    state: str
    odd: bool
    note: str
    y: float
    text_y: float
    segments: Sequence[Segment]
    dot: float | None
    due: float | None
    gap: float | None
    cross: float | None
    soon: bool


@dataclass(frozen=True, slots=True)
class Line:
    """An instant that concerns all lanes."""

    x: float
    label: str
    look: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    left: float
    right: float
    top: float
    bottom: float
    ticks: Sequence[DrawnTick]
    lanes: Sequence[DrawnLane]
    lines: Sequence[Line]
    cut: bool
    names_above: bool
    description: str


@dataclass(frozen=True, slots=True)
class Scale:
    """From instants to places: linear, and one of the ends for everything beyond it."""

    begin: int
    end: int
    left: float
    right: float
    cut: bool

    def x(self, at: int) -> float:
        share = (min(max(at, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return round(self.left + share * (self.right - self.left), 1)


def draw(scene: Scene, form: Format) -> Picture:
    """Where everything goes. `form` is WIDE or NARROW."""
    scale = _scale(scene, form)
    lanes = [_start(scene), *scene.lanes]
    drawn = [_lane(lane, scene, scale, form, AXIS + row * form.lane_height) for row, lane in enumerate(lanes)]
    bottom = AXIS + len(lanes) * form.lane_height
    return Picture(
        width=form.width,
        height=bottom + FOOT,
        left=scale.left,
        right=scale.right,
        top=AXIS,
        bottom=bottom,
        ticks=_ticks(scale, form),
        lanes=drawn,
        lines=_lines(scene, scale),
        cut=scale.cut,
        names_above=form.label_column == 0,
        description=describe(scene),
    )


def describe(scene: Scene) -> str:
    """The picture in words, for those who can't see it."""
    parts = [f"Started {in_words(scene.start)}"]
    parts += [f"{lane.name}: {note(lane, scene.now)}" for lane in scene.lanes]
    if scene.ended_at is not None:
        parts.append(f"{scene.state or 'ended'} {in_words(scene.ended_at)}")
    return "; ".join(parts) + "."


def _start(scene: Scene) -> Lane:
    return Lane(scene.opened_by or "start", "start", scene.start, None)


def _scale(scene: Scene, form: Format) -> Scale:
    marks = [scene.start, *([] if scene.ended_at is None else [scene.ended_at])]
    marks += [at for lane in scene.lanes for at in (lane.at, _due(lane), lane.failed_at) if at is not None]
    begin, last = min(marks), max(marks)
    end, cut = last, False
    if _shows_now(scene) and scene.now > last:
        cut = last > begin and scene.now - last > CUT_BEYOND * (last - begin)
        end = last + round(CUT_TAIL * (last - begin)) if cut else scene.now
    room = max((end - begin) // 40, 1000)
    left = form.label_column + MARGIN + DOT
    right = form.width - form.note_column - MARGIN - DOT
    return Scale(begin - room, end if cut else end + room, left, right, cut)


def _shows_now(scene: Scene) -> bool:
    return any(lane.state in OPEN for lane in scene.lanes)


def _ticks(scale: Scale, form: Format) -> list[DrawnTick]:
    at_most = max(int((scale.right - scale.left) // form.tick_gap), 2)
    drawn: list[DrawnTick] = []
    for tick in ticks(scale.begin, scale.end, at_most):
        x = scale.x(tick.at)
        edge = "start" if x - scale.left < 36 else "end" if scale.right - x < 36 else "middle"
        if tick.context and drawn and x - drawn[-1].x < CONTEXT_GAP:
            drawn[-1] = replace(drawn[-1], context="")  # the day or year that most of them belong to stays
        drawn.append(DrawnTick(x, tick.label, tick.context, edge))
    return drawn


def _lines(scene: Scene, scale: Scale) -> list[Line]:
    lines = []
    if scene.ended_at is not None:
        lines.append(_line(scale, scene.ended_at, scene.state or "ended", "ended"))
    if _shows_now(scene):
        lines.append(_line(scale, scene.now, "now, not to scale" if scale.cut else "now", "now"))
    return lines


def _line(scale: Scale, at: int, label: str, look: str) -> Line:
    x = scale.x(at)
    anchor = "end" if scale.right - x < 100 else "start" if x - scale.left < 50 else "middle"
    return Line(x, label, look, anchor)


def _lane(lane: Lane, scene: Scene, scale: Scale, form: Format, top: float) -> DrawnLane:
    above = form.label_column == 0
    y = top + (form.lane_height * 0.72 if above else form.lane_height / 2)
    text_y = top + form.lane_height * 0.36 if above else y
    at, due = _places(lane, scale)
    return DrawnLane(
        name=lane.name,
        label=_shortened(lane.name, form.letters),
        state=lane.state,
        odd=bool(lane.odd),
        note=rfc3339(scene.start)[11:19] + " UTC" if lane.state == "start" else note(lane, scene.now),
        y=y,
        text_y=text_y,
        segments=_segments(lane, scene, scale),
        dot=at,
        due=due,
        gap=scale.x(scene.now) if lane.state == "missing" else None,
        cross=_cross(lane, scale),
        soon=lane.warned is not None,
    )


def _due(lane: Lane) -> int | None:
    """The deadline, unless the instance was over before."""
    return None if lane.state == "not_needed" else lane.due


def _cross(lane: Lane, scale: Scale) -> float | None:
    return scale.x(lane.failed_at) if lane.state == "failed" and lane.failed_at is not None else None


def _places(lane: Lane, scale: Scale) -> tuple[float | None, float | None]:
    """Of the dot and of the deadline mark, which steps aside where they would touch."""
    at = None if lane.at is None else scale.x(lane.at)
    deadline = _due(lane)
    due = None if deadline is None else scale.x(deadline)
    if at is None or due is None or abs(at - due) >= APART:
        return at, due
    return at, at - APART if lane.state == "late" else at + APART


def _segments(lane: Lane, scene: Scene, scale: Scale) -> list[Segment]:
    """What lies between start, deadline, arrival and now, as far as it has a meaning."""
    start, now = scale.x(scene.start), scale.x(scene.now)
    at, due = _places(lane, scale)
    if at is not None and due is not None and lane.state == "late":
        return [Segment(start, due, "run"), Segment(due, at, "over")]
    if at is not None:
        spare = [Segment(at, due, "spare")] if due is not None and due > at else []
        return [Segment(min(start, at), max(start, at), "run"), *spare]
    cross = _cross(lane, scale)
    if cross is not None:
        return [Segment(start, cross, "run")]
    if due is None:
        return []
    if lane.state == "missing":
        return [Segment(start, due, "run"), Segment(due, now, "nothing")]
    if lane.state == "pending":
        return [Segment(start, min(now, due), "run"), Segment(min(now, due), due, "spare")]
    return [Segment(start, due, "spare")]


def _shortened(name: str, letters: int) -> str:
    return name if len(name) <= letters else name[: letters - 1] + "…"
