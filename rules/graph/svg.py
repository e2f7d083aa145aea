"""A workflow's graph as one SVG: one that stands alone, light or dark as the reader likes it, or one for a page with
a style of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from rules.expression import START
from rules.graph.graph import Arrow, Box, Graph, Link, Shape
from rules.graph.layout import Layout, layout
from rules.graph.lettering import lines, width

_NAME, _NOTE = 14.0, 12.0  # sizes of letters
_LEADING = 1.35
_ROOM = 216.0  # for text in a box
_PADDING = 12.0
_MARGIN = 24.0
_PORT = 14.0  # between arrows that enter one box
_HEAD = 8.0

_STYLE = """
svg { color-scheme: light dark; --ink: #1c2733; --soft: #55616e; --line: #7b8794; --paper: #ffffff; --box: #f4f6f8;
  --good: #1e7d46; --bad: #b3352b; font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ink: #e8edf2; --soft: #a9b4bf; --line: #8592a0; --paper: #14191f;
  --box: #202831; --good: #5fce8b; --bad: #ff8a7d; } }
.paper { fill: var(--paper); }
rect.box { fill: var(--box); stroke: var(--line); stroke-width: 1.25; }
.optional { stroke-dasharray: 5 4; }
rect.start { stroke: var(--ink); stroke-width: 1.75; }
rect.forbidden, rect.cancel { stroke: var(--bad); }
rect.end { stroke: var(--good); }
text { fill: var(--soft); font-size: 12px; }
text.name { fill: var(--ink); font-size: 14px; font-weight: 600; }
path { fill: none; stroke: var(--line); stroke-width: 1.25; }
path.after_any { stroke-dasharray: 6 4; }
path.reads { stroke-dasharray: 1.5 4; stroke-linecap: round; }
path.head { fill: var(--line); stroke: none; }
text.left { text-anchor: end; }
text.label { font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
"""


@dataclass(frozen=True, slots=True)
class _Lettered:
    """A box with its text in lines, and the size that they need."""

    box: Box
    name: Sequence[str]
    notes: Sequence[str]
    size: tuple[float, float]


def svg(graph: Graph) -> str:
    """The whole file, with its style."""
    return _drawn(graph, "img", [f"<style>{_STYLE}</style>", '<rect class="paper" width="100%" height="100%"/>'])


def drawing(graph: Graph) -> str:
    """Without any style: what stands in a page says by its classes how it looks. The text is escaped."""
    return _drawn(graph, "group", [])


def _drawn(graph: Graph, role: str, style: Sequence[str]) -> str:
    lettered = {box.key: _lettered(box) for box in graph.boxes}
    drawn = [arrow for arrow in graph.arrows if arrow.link is not Link.ENDS]
    beside = {arrow.target: START for arrow in graph.arrows if arrow.link is Link.ENDS}
    edges = [(arrow.source, arrow.target) for arrow in drawn]
    placed = layout({key: it.size for key, it in lettered.items()}, edges, beside)
    wide, tall = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    body = [*_arrows(drawn, lettered, placed), *(line for it in lettered.values() for line in _box(it, placed))]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{tall:.0f}" '
        f'viewBox="0 0 {wide:.0f} {tall:.0f}" role="{role}">'
    )
    head = [opening, f"<title>{escape(graph.title)}</title>", *style]
    moved = f'<g transform="translate({_MARGIN:g} {_MARGIN:g})">'
    return "\n".join([*head, moved, *body, "</g>", "</svg>", ""])


def _lettered(box: Box) -> _Lettered:
    name = lines(box.name, _NAME, _ROOM, 5, bold=True)
    notes = [line for note in box.notes for line in lines(note, _NOTE, _ROOM, 3)]
    widest = max([width(it, _NAME, bold=True) for it in name] + [width(it, _NOTE) for it in notes])
    tall = (len(name) * _NAME + len(notes) * _NOTE) * _LEADING
    return _Lettered(box, name, notes, (max(widest, 80.0) + 2 * _PADDING, tall + 2 * _PADDING))


def _box(it: _Lettered, placed: Layout) -> Iterator[str]:
    key, (wide, tall) = it.box.key, it.size
    left, top = placed.centres[key] - wide / 2, placed.tops[key]
    round_ = 14 if it.box.shape in (Shape.START, Shape.CANCEL, Shape.END) else 5
    told = "\n".join([it.box.name, *it.box.notes, *([it.box.text] if it.box.text else [])])
    if it.box.address:
        yield f"<a href={quoteattr(it.box.address)}>"
    yield f"<g><title>{escape(told)}</title>"
    look = " ".join(filter(None, ("box", it.box.shape, it.box.mark)))
    yield (f'<rect class="{look}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="{round_}"/>')
    y = top + _PADDING
    for line, size, kind in [*((n, _NAME, "name") for n in it.name), *((n, _NOTE, "note") for n in it.notes)]:
        y += size * _LEADING
        yield f'<text class="{kind}" x="{left + _PADDING:.1f}" y="{y - size * 0.3:.1f}">{escape(line)}</text>'
    yield "</g></a>" if it.box.address else "</g>"


# Arrows


def _arrows(arrows: Sequence[Arrow], lettered: Mapping[str, _Lettered], placed: Layout) -> Iterator[str]:
    ports = _ports(arrows, placed)
    labels = []
    for arrow in arrows:
        bends = placed.paths[arrow.source, arrow.target]
        x, y = placed.centres[arrow.source], placed.tops[arrow.source] + lettered[arrow.source].size[1]
        end, tip = ports[arrow.source, arrow.target], placed.tops[arrow.target]
        way = [f"M{x:.1f} {y:.1f} V{(y := placed.bottoms[arrow.source]):.1f}"]
        for bend, top, bottom in bends:
            way += [_curve(x, y, bend, top), f"V{bottom:.1f}"]
            x, y = bend, bottom
        way.append(_curve(x, y, end, tip - _HEAD))
        yield f'<path class="{arrow.link}" d="{" ".join(way)}"/>'
        yield f'<path class="head" d="M{end:.1f} {tip:.1f} l-4 -{_HEAD:g} h8 z"/>'
        if arrow.label:
            labels.append(_label(arrow.label, end, tip, left=end < placed.centres[arrow.target]))
    yield from labels


def _label(text: str, end: float, tip: float, *, left: bool) -> str:
    """Beside the head of its arrow, on the side where no other is."""
    side, x = ("left", end - 7) if left else ("right", end + 7)
    return f'<text class="label {side}" x="{x:.1f}" y="{tip - 4:.1f}">{escape(text)}</text>'


def _ports(arrows: Sequence[Arrow], placed: Layout) -> dict[tuple[str, str], float]:
    """Where arrows enter their boxes: side by side, in the order in which they come."""
    entering: dict[str, list[tuple[float, str]]] = {}
    for arrow in arrows:
        bends = placed.paths[arrow.source, arrow.target]
        entering.setdefault(arrow.target, []).append(
            (bends[-1][0] if bends else placed.centres[arrow.source], arrow.source)
        )
    return {
        (source, target): placed.centres[target] + (place - (len(found) - 1) / 2) * _PORT
        for target, found in entering.items()
        for place, (_, source) in enumerate(sorted(found))
    }


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
