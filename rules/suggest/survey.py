"""From the log to what a rule needs to know: what starts an instance, what ends it, its steps and their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rules.suggest.attribute import FEW, Attribute, Promise, attributes, promises, values
from rules.suggest.condition import Condition, condition
from rules.suggest.ending import Endings, endings, failing
from rules.suggest.graph import Graph, Pairs, chains, graph
from rules.suggest.log import START, Delay, Log, Name, Size, Span
from rules.suggest.promise import dated
from rules.suggest.word import can_be_written

MOST_STEPS = 30
RARE = 0.05  # share of instances below which an event is left out
REQUIRED = 0.85  # share of the instances in which it could come, from which a step is required
_USUAL = 0.5
_LISTED = 1000  # names that are counted at all
_NAMES = 60  # that are looked at
_LEAST = 0.005  # share of instances that a name must have to be looked at
_FEWEST, _NEARLY_ALWAYS = 10, 0.95  # instances, and the share of them, of a step that may hang on a condition
_YOUNG = 0.5  # share of instances at most that may be left out as unfinished


@dataclass(frozen=True, slots=True)
class Opening:
    """The start event; `ids` of the correlation IDs `of` the sample begin with it. `others`: what else they begin
    with."""

    name: str
    ids: int
    of: int
    others: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was seen. Places are those of `log.names`, from 1, the start. `pairs`, `delays`, `conditions` leave out
    instances that have ended early or may be unfinished; `names` count all of the sample. `finished`: instances that
    are old enough to be, whether they ended early or not."""

    log: Log
    size: Size
    span: Span
    finished: int
    opening: Opening
    names: Sequence[Name]
    endings: Endings
    pairs: Pairs
    conditions: Mapping[int, Condition]
    after: Graph
    delays: Mapping[int, Delay]
    optional: frozenset[int]
    attributes: Sequence[Attribute]
    promises: Sequence[Promise]

    @property
    def instances(self) -> int:
        return self.pairs[START, START].both

    def name(self, place: int) -> str:
        return self.log.names[place - 1]

    def fails(self, failure: str) -> int | None:
        """The step that a failure is one of."""
        return failing(failure, {place: self.name(place) for place in self.after})


def opening(log: Log, start: str) -> Opening | None:
    """What instances start with, `None` if there is no event. A `start` that is given is believed."""
    firsts = log.firsts()
    if not firsts:
        return None
    name = start or firsts[0][0]
    return Opening(
        name, dict(firsts).get(name, 0), sum(ids for _, ids in firsts), [it for it in firsts if it[0] != name]
    )


def survey(log: Log, size: Size, begins: Opening) -> Survey | None:
    """Everything that a proposal rests on; `None` if there is no instance. Raises StoreUnavailable or StoreRefused."""
    names = log.counted(begins.name, _LISTED)
    if not names:
        return None
    log = log.about([begins.name, *_looked_at(names, begins.name)])
    span = log.span()
    log = replace(log, until=_finished(log, size, span))
    finished, ends = log.started_before(log.until), _endings(log)
    log = replace(log, without=ends.places)
    pairs = log.pairs()
    said = attributes(log)
    conditions = _conditions(log, pairs, said)
    steps = _steps(log, pairs, conditions)
    after, delays, optional = _order(log, pairs, steps, conditions)
    counts = {place: max(1, pairs[place, place].both) for place in (START, *steps)}
    found = promises(log, dated([it for it in said if it.place in counts], counts))
    return Survey(
        log, size, span, finished, begins, names, ends, pairs, conditions, after, delays, optional, said, found
    )


def _looked_at(names: Sequence[Name], start: str) -> list[str]:
    instances = max((name.ids for name in names), default=0)
    frequent = [
        it.name for it in names if it.ids >= _LEAST * instances and it.name != start and can_be_written(it.name)
    ]
    return frequent[:_NAMES]


def _finished(log: Log, size: Size, span: Span) -> int:
    """The instant up to which instances have had the time that most take; all, where that would leave too few."""
    until = size.last - span.length
    return until if log.started_before(until) >= _YOUNG * span.instances else size.last


def _endings(log: Log) -> Endings:
    pairs = log.pairs()
    instances = pairs[START, START].both if pairs else 0
    usual = [a for a, b in pairs if a == b != START and pairs[a, a].both >= _USUAL * instances]
    return endings(log.names, log.ends(usual), usual) if usual else Endings()


def _conditions(log: Log, pairs: Pairs, said: Sequence[Attribute]) -> Mapping[int, Condition]:
    """Of the steps that come in some instances, those for which an attribute of the start decides."""
    instances = pairs[START, START].both
    counts = {a: pair.both for (a, b), pair in pairs.items() if a == b != START}
    some = [place for place, count in counts.items() if _FEWEST <= count < _NEARLY_ALWAYS * instances]
    keys = [it.key for it in said if it.place == START and 1 < it.values <= FEW]
    by_key = values(log, keys, some) if some and keys else {}
    found = {place: condition(place, counts[place], instances, by_key) for place in some}
    return {place: each for place, each in found.items() if each is not None}


def _steps(log: Log, pairs: Pairs, conditions: Mapping[int, Condition]) -> list[int]:
    """What becomes a step: what is not rare, and what is rare on a condition; the most frequent, if there are many."""
    instances = pairs[START, START].both
    counts = {a: pair.both for (a, b), pair in pairs.items() if a == b != START}
    kept = [place for place, count in counts.items() if count >= RARE * instances or place in conditions]
    return sorted(sorted(kept, key=lambda place: (-counts[place], place))[:MOST_STEPS])


def _order(
    log: Log, pairs: Pairs, steps: Sequence[int], conditions: Mapping[int, Condition]
) -> tuple[Graph, Mapping[int, Delay], frozenset[int]]:
    after = graph(steps, pairs, conditions)
    delays = log.delays({step: chains(step, after, conditions) for step in steps})
    optional = frozenset(step for step in steps if step not in conditions and _is_optional(delays.get(step)))
    tidy = _unmixed(after, optional)
    if tidy != after:
        delays = log.delays({step: chains(step, tidy, conditions) for step in steps})
    return tidy, delays, optional


def _is_optional(delay: Delay | None) -> bool:
    return delay is None or delay.seen < REQUIRED * delay.expected


def _unmixed(after: Graph, optional: frozenset[int]) -> Graph:
    """Where a step comes after some that may stay away and some that may not, only after the former: the others are
    waited for anyway."""
    doubtful = {step for step in after if _may_stay_away(step, after, optional)}
    return {
        step: tuple(before for before in befores if before in doubtful) or befores for step, befores in after.items()
    }


def _may_stay_away(step: int, after: Graph, optional: frozenset[int]) -> bool:
    return step in optional or any(_may_stay_away(before, after, optional) for before in after[step])
