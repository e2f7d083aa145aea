"""Where boxes and arrows of a graph go: in rows, each below all that it comes after.

An arrow that passes rows has a bend in each; arrows from one box that pass the same row share it, so that many arrows
from the start are one line that branches. Rows hold a few boxes at most: what is too many goes into the next row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Edge = tuple[str, str]
Size = tuple[float, float]

_ACROSS = 5  # boxes in a row
_BESIDE = 26.0  # between boxes of a row
_BELOW = 66.0  # between rows
_BEND = 10.0  # how much room a passing arrow takes
_STRAIGHT = 6.0  # how much more a bend than a box insists on its place
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """`centres` by box, and the `tops` and `bottoms` of the rows they are in; `paths`: from box to box, the bends on
    the way, each with the top and bottom of the row it passes. `width` and `height` hold it all, from (0, 0)."""

    centres: Mapping[str, float]
    tops: Mapping[str, float]
    bottoms: Mapping[str, float]
    paths: Mapping[Edge, Sequence[tuple[float, float, float]]]
    width: float
    height: float


@dataclass(slots=True)
class _Rows:
    """Boxes and bends row by row; `links` join neighbouring rows. A bend is named by its source and row."""

    rows: list[list[str]]
    links: set[Edge] = field(default_factory=set)
    bends: dict[Edge, list[str]] = field(default_factory=dict)


def layout(sizes: Mapping[str, Size], edges: Iterable[Edge], beside: Mapping[str, str]) -> Layout:
    """`sizes` in an order in which causes come before effects; a box `beside` another is in its row."""
    kept = [edge for edge in edges if edge[0] in sizes and edge[1] in sizes]
    ranks = _ranks([name for name in sizes if name not in beside], kept)
    ranks |= {name: ranks[other] for name, other in beside.items()}
    rows = _with_bends(ranks, kept)
    _untangle(rows)
    centres = _centres(rows, {name: wide for name, (wide, _) in sizes.items()})
    tops, bottoms = _heights(rows, sizes)
    row_of = {name: place for place, row in enumerate(rows.rows) for name in row}
    paths = {
        edge: [(centres[bend], tops[row_of[bend]], bottoms[row_of[bend]]) for bend in bends]
        for edge, bends in rows.bends.items()
    }
    return Layout(
        {name: centres[name] for name in sizes},
        {name: tops[row_of[name]] for name in sizes},
        {name: bottoms[row_of[name]] for name in sizes},
        paths,
        max(centres[name] + wide / 2 for name, (wide, _) in sizes.items()),
        bottoms[-1],
    )


def _ranks(names: Iterable[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Each as far up as what it comes after allows, and the width of a row."""
    ranks: dict[str, int] = {}
    taken: Counter[int] = Counter()
    for name in names:
        rank = 1 + max((ranks[source] for source, target in edges if target == name), default=-1)
        while taken[rank] >= _ACROSS:
            rank += 1
        ranks[name] = rank
        taken[rank] += 1
    return ranks


def _with_bends(ranks: Mapping[str, int], edges: Iterable[Edge]) -> _Rows:
    made = _Rows([[] for _ in range(1 + max(ranks.values()))])
    for name, rank in ranks.items():
        made.rows[rank].append(name)
    for source, target in edges:
        way = [source]
        for rank in range(ranks[source] + 1, ranks[target]):
            bend = f"{source}\0{rank}"
            if bend not in made.rows[rank]:
                made.rows[rank].insert(len(made.rows[rank]) // 2, bend)
            way.append(bend)
        made.bends[source, target] = way[1:]
        made.links |= set(zip(way, [*way[1:], target], strict=True))
    return made


# The order within rows


def _untangle(made: _Rows) -> None:
    """Sort each row by the middle of what it is joined to, down and up; the order with the fewest crossings is kept."""
    above, below = _neighbours(made.links)
    best, fewest = [list(row) for row in made.rows], _crossings(made)
    for round_ in range(_ROUNDS):
        downwards = round_ % 2 == 0
        order = range(1, len(made.rows)) if downwards else range(len(made.rows) - 2, -1, -1)
        for place in order:
            other = made.rows[place - 1 if downwards else place + 1]
            _sort(made.rows[place], above if downwards else below, {name: at for at, name in enumerate(other)})
        crossings = _crossings(made)
        if crossings < fewest:
            best, fewest = [list(row) for row in made.rows], crossings
    made.rows = best


def _neighbours(links: Iterable[Edge]) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for source, target in sorted(links):
        above.setdefault(target, []).append(source)
        below.setdefault(source, []).append(target)
    return above, below


def _sort(row: list[str], joined: Mapping[str, list[str]], places: Mapping[str, int]) -> None:
    def middle(name: str) -> float:
        found = [places[it] for it in joined.get(name, []) if it in places]
        return sum(found) / len(found) if found else row.index(name)

    row[:] = sorted(row, key={name: middle(name) for name in row}.__getitem__)


def _crossings(made: _Rows) -> int:
    places = {name: at for row in made.rows for at, name in enumerate(row)}
    count = 0
    for row in made.rows:
        here = [(places[source], places[target]) for source, target in made.links if source in row]
        count += sum(a < c and b > d for a, b in here for c, d in here)
    return count


# Coordinates


def _centres(made: _Rows, widths: Mapping[str, float]) -> dict[str, float]:
    """Each as near as its neighbours in the row let it to the middle of what it is joined to."""
    above, below = _neighbours(made.links)
    centres: dict[str, float] = {}
    for row in made.rows:
        centres |= zip(row, _spread(row, [0.0] * len(row), widths), strict=True)
    for round_ in range(_ROUNDS):
        joined = above if round_ % 2 == 0 else below
        for row in made.rows if round_ % 2 == 0 else reversed(made.rows):
            wanted = [_middle([centres[it] for it in joined.get(name, [])], centres[name]) for name in row]
            centres |= zip(row, _spread(row, wanted, widths), strict=True)
    left = min(centres[name] - widths.get(name, _BEND) / 2 for name in centres)
    return {name: centre - left for name, centre in centres.items()}


def _middle(found: Sequence[float], otherwise: float) -> float:
    return sum(found) / len(found) if found else otherwise


def _spread(row: Sequence[str], wanted: Sequence[float], widths: Mapping[str, float]) -> Iterator[float]:
    """The places nearest to the wanted ones (by squares) that keep order and distance; what touches moves as one."""
    offsets, offset = [], 0.0
    for place, name in enumerate(row):
        if place:
            offset += (widths.get(row[place - 1], _BEND) + widths.get(name, _BEND)) / 2 + _BESIDE
        offsets.append(offset)
    groups: list[tuple[float, float, int]] = []  # sum of shifts, sum of weights, members
    for name, want, offset in zip(row, wanted, offsets, strict=True):
        weight = 1.0 if name in widths else _STRAIGHT
        total, count = (want - offset) * weight, 1
        while groups and groups[-1][0] / groups[-1][1] > total / weight:
            before, weights, others = groups.pop()
            total, weight, count = total + before, weight + weights, count + others
        groups.append((total, weight, count))
    shifts = [total / weight for total, weight, count in groups for _ in range(count)]
    return (shift + offset for shift, offset in zip(shifts, offsets, strict=True))


def _heights(made: _Rows, sizes: Mapping[str, Size]) -> tuple[list[float], list[float]]:
    tops, bottoms, top = [], [], 0.0
    for row in made.rows:
        tall = max((sizes[name][1] for name in row if name in sizes), default=0.0)
        tops.append(top)
        bottoms.append(top + tall)
        top += tall + _BELOW
    return tops, bottoms
