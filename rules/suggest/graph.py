"""Which step comes after which, by how often one event was seen before another. Steps go by their places in the log."""

from collections.abc import Iterable, Mapping, Sequence

from rules.suggest.log import START, Pair

ORDERED = 0.95  # the least share of instances in which a step has come by the time the next one comes
MOST_PREDECESSORS = 3
_ENOUGH = 10  # instances with both, to say anything of a conditional step

Pairs = Mapping[tuple[int, int], Pair]
Graph = Mapping[int, tuple[int, ...]]  # place of a step → places of those that it comes after; none: the start

_NEVER = Pair(0, 0, 0)


def graph(steps: Sequence[int], pairs: Pairs, conditional: Iterable[int]) -> Graph:
    """What each step comes after: as little as implies every order that is seen.

    A step comes after one that nearly always precedes it. One that is expected only on a condition need not have come:
    a rule then goes by what it comes after itself.
    """
    found: dict[int, set[int]] = {step: set() for step in steps}
    for share, _, before, after in sorted(_ordered(steps, pairs, frozenset(conditional)), reverse=True):
        if share >= ORDERED and before not in _behind(found, after):
            found[after].add(before)
    return {step: _closest(step, found, pairs) for step in steps}


def seen_before(pairs: Pairs, before: int, after: int) -> float:
    """Of the instances that have both, the share in which the first was there by the time the second came."""
    pair = pairs.get((before, after), _NEVER)
    return (pair.before + pair.same) / pair.both if pair.both else 0.0


def _ordered(steps: Sequence[int], pairs: Pairs, conditional: frozenset[int]) -> Iterable[tuple[float, int, int, int]]:
    """(share, lead, before, after) of every two steps of which the first was before the second more often than not."""
    for (before, after), pair in pairs.items():
        if before == after or before not in steps or after not in steps:
            continue
        lead = 2 * pair.before + pair.same - pair.both
        if lead > 0:
            among = pair.both if before in conditional and pair.both >= _ENOUGH else pairs[after, after].both
            yield (pair.before + pair.same) / among, lead, before, after


def _behind(found: Mapping[int, set[int]], step: int) -> set[int]:
    """The step and all that comes after it, directly or not."""
    reached, news = {step}, {step}
    while news:
        news = {each for each, befores in found.items() if befores & news} - reached
        reached |= news
    return reached


def _closest(step: int, found: Mapping[int, set[int]], pairs: Pairs) -> tuple[int, ...]:
    """Without those that another of them comes after; the most usual ones, where there are too many."""
    befores = found[step]
    implied = {far for near in befores for far in befores - {near} if near in _behind(found, far)}
    usual = sorted(befores - implied, key=lambda before: (-pairs[before, step].both, before))
    return tuple(sorted(usual[:MOST_PREDECESSORS]))


def chains(step: int, after: Graph, conditional: Iterable[int]) -> list[list[int]]:
    """What a step's deadline is counted from: the latest over these chains, of each the first that has come."""
    return [chain for before in after[step] or (START,) for chain in _replacements(before, after, conditional)]


def _replacements(step: int, after: Graph, conditional: Iterable[int]) -> list[list[int]]:
    if step == START or step not in conditional:
        return [[step]]
    return [[step, *chain] for chain in chains(step, after, conditional)]


def in_order(after: Graph, pairs: Pairs) -> list[int]:
    """Causes before effects, and of what may come at any time the more usual first."""
    rest, placed = list(after), list[int]()
    while rest:
        ready = [step for step in rest if set(after[step]) <= set(placed)]
        # What continues the branch just written comes first, so that a branch reads as one.
        ready.sort(key=lambda step: (not placed or placed[-1] not in after[step], -pairs[step, step].both, step))
        placed.append(ready[0])
        rest.remove(ready[0])
    return placed


def ancestors(step: int, after: Graph) -> frozenset[int]:
    """All that comes before a step, directly or not, without the start."""
    return frozenset(after[step]).union(*(ancestors(before, after) for before in after[step]))
