"""The evidence for a proposal, in the words of its comments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rules.suggest.attribute import Promise
from rules.suggest.condition import Condition
from rules.suggest.duration import told as told_of
from rules.suggest.graph import seen_before
from rules.suggest.log import START, Delay, Name
from rules.suggest.survey import MOST_STEPS, RARE, Survey
from rules.suggest.trial import Trial
from rules.suggest.word import can_be_written, step_name
from store.instant import rfc3339

_HEAVY = 3  # times the 99th percentile: then the tail is told of
_FEW = 100  # instances, too few for a 99th percentile to mean much
_SHOWN = 25


def share(part: int, whole: int) -> str:
    """`98.2 %`; never rounded up to all, or down to none."""
    if part in (0, whole) or whole == 0:
        return f"{100 if part and whole else 0} %"
    return f"{min(99.9, max(0.1, round(100 * part / whole, 1))):g} %"


def header(survey: Survey, noun: str, tried: Trial) -> tuple[str, ...]:
    """From what the file was made, and what it would flag."""
    events = sum(name.events for name in survey.names)
    one_in = survey.log.one_in
    part = f", a sample of one in {one_in:,} correlation IDs" if one_in > 1 else ""
    days = f"{rfc3339(survey.span.first)[:10]} to {rfc3339(survey.size.last)[:10]}"
    every = f"{survey.span.instances:,} {noun}"
    lines = (
        f"Suggested by `noshow rules suggest` from {events:,} events of {every}{part}, {days}.",
        "A deadline is what 99 % kept to, rounded up: what happened, not what was promised. Change what you know "
        "better; the comments are the evidence, and can go.",
    )
    finished = (_of_which(survey, noun),) if survey.instances < survey.span.instances else ()
    return (*lines, *finished, _flagging(tried, noun))


def _flagging(tried: Trial, noun: str) -> str:
    kinds = sorted(tried.kinds().items(), key=lambda it: (-it[1], it[0]))
    listed = f" ({', '.join(f'{count:,} {kind}' for kind, count in kinds)})" if kinds else ""
    flagged = share(tried.flagged, tried.instances)
    of_all = f"{tried.flagged:,} of {tried.instances:,} {noun}, {flagged}"
    return f"Judged as of the last event, this file flags {of_all}{listed}."


def _of_which(survey: Survey, noun: str) -> str:
    young, ended = survey.span.instances - survey.finished, survey.finished - survey.instances
    why = [f"{young:,} that began in the last {told_of(survey.span.length)} and may be on their way"] if young else []
    why += [f"{ended:,} that ended early"] if ended else []
    return f"The figures below are of {survey.instances:,} {noun}, without {' and '.join(why)}."


def start(survey: Survey) -> str:
    """How surely the start is one."""
    begins = survey.opening
    others = ", ".join(f"{name} ({share(ids, begins.of)})" for name, ids in begins.others[:3])
    found = f"the first event of {share(begins.ids, begins.of)} of the correlation IDs"
    return f"{found}; others begin with {others}: see --start" if others else found


def workflow(survey: Survey) -> Mapping[str, str]:
    """By key of the workflow."""
    notes = {
        "start": start(survey),
        "cancel": _endings(survey, survey.endings.cancel),
        "ends_on": _endings(survey, survey.endings.ends_on),
        "owner": "who sends the events; write the team that should hear about it",
        "grace": f"99 % of the events arrive within {told_of(survey.size.transit)}",
    }
    return {key: line for key, line in notes.items() if line}


def _endings(survey: Survey, places: Iterable[int]) -> str:
    shares = [f"{survey.name(place)} came in {_share_of_all(survey, place)}" for place in places]
    return f"{', '.join(shares)}; nothing usual comes behind it" if shares else ""


def _share_of_all(survey: Survey, place: int) -> str:
    [ids] = [name.ids for name in survey.names if name.name == survey.name(place)]
    return share(ids, survey.span.instances)


def promise(found: Promise) -> str:
    """How well a promised deadline is kept."""
    kept, ahead = share(found.kept, found.both), told_of(found.ahead)
    return f"{found.key} is a promise, kept in {kept}; typically it is {ahead} ahead"


def step(survey: Survey, place: int, noun: str, own: tuple[str, ...], tried: Trial) -> tuple[str, ...]:
    """Everything about one step; `own` are notes that it has already."""
    lines = (
        _how_often(survey, place, noun),
        _how_long(survey.delays.get(place)),
        _condition(survey.conditions.get(place)),
        *own,
        _order(survey, place),
        _repeated(survey, place),
        _endings(survey, [it for it in survey.endings.failures if survey.fails(survey.name(it)) == place]),
        _flagged(step_name(survey.name(place)), tried),
    )
    return tuple(line for line in lines if line)


def _how_often(survey: Survey, place: int, noun: str) -> str:
    seen, base = survey.pairs[place, place].both, survey.delays.get(place)
    came = f"came in {share(seen, survey.instances)} of {noun}"
    replaced = survey.conditions.keys() & {place, *survey.after[place]}
    if base is None or replaced or not survey.after[place]:
        return came
    befores = " and ".join(survey.name(before) for before in survey.after[place])
    of_those = share(base.seen, base.expected)
    return f"{came}, {of_those} of those with {befores}" if of_those != share(seen, survey.instances) else came


def _how_long(delay: Delay | None) -> str:
    if delay is None or not delay.seen:
        return ""
    parts = {"p50": delay.p50, "p95": delay.p95, "p99": delay.p99, "slowest": delay.longest}
    line = ", ".join(f"{name} {told_of(micros)}" for name, micros in parts.items())
    if delay.seen < _FEW:
        return f"{line}; only {delay.seen} seen"
    return f"{line}: a heavy tail" if delay.longest > _HEAVY * delay.p99 > 0 else line


def _condition(found: Condition | None) -> str:
    if found is None:
        return ""
    true, false = share(found.came, found.among), share(found.strayed, found.others)
    return (
        f"{found.key} decides: came in {true} of {found.among:,} for which the condition is true, "
        f"in {false} of {found.others:,} others"
    )


def _order(survey: Survey, place: int) -> str:
    """Told where it is less than certain."""
    shares = {before: seen_before(survey.pairs, before, place) for before in survey.after[place]}
    doubtful = {survey.name(before): found for before, found in shares.items() if found < 0.995}
    listed = ", ".join(f"{name} in {100 * found:.1f} %" for name, found in doubtful.items())
    return f"behind {listed} of those that have both" if listed else ""


def _repeated(survey: Survey, place: int) -> str:
    [found] = [it for it in survey.names if it.name == survey.name(place)]
    if not found.repeated:
        return ""
    return f"more than once in {share(found.repeated, found.ids)} (up to {found.most} times); the first one counts"


def _flagged(name: str, tried: Trial) -> str:
    mine = {kind: count for (step, kind), count in tried.findings.items() if step == name}
    return "flagged: " + ", ".join(f"{count:,} {kind}" for kind, count in sorted(mine.items())) if mine else ""


def left_out(survey: Survey) -> tuple[str, ...]:
    """What is in no step, and why."""
    ends = [
        place for place in survey.endings.places if place not in survey.endings.failures or _has_step(survey, place)
    ]
    used = {survey.name(place) for place in (START, *survey.after, *ends)}
    instances = survey.span.instances
    rest: dict[str, list[Name]] = {}
    for name in survey.names:
        if name.name not in used:
            rest.setdefault(_why_left_out(survey, name), []).append(name)
    return tuple(line for why, names in rest.items() for line in _listed(f"Left out, {why}:", names, instances))


def _has_step(survey: Survey, failure: int) -> bool:
    return survey.fails(survey.name(failure)) is not None


def _why_left_out(survey: Survey, name: Name) -> str:
    if not can_be_written(name.name):
        return "because no rule can name it"
    if name.name in map(survey.name, survey.endings.failures):
        return "though nothing usual comes behind it: perhaps a `fails_on`"
    if name.ids >= RARE * survey.span.instances:
        return f"beyond the {MOST_STEPS} most frequent"
    return f"because it came in less than {100 * RARE:g} %"


def _listed(title: str, names: Sequence[Name], instances: int) -> Iterator[str]:
    yield title
    for name in names[:_SHOWN]:
        yield f"  {share(name.ids, instances):>6}  {_readable(name.name)}"
    if len(names) > _SHOWN:
        yield f"  and {len(names) - _SHOWN} more"


def _readable(name: str) -> str:
    return name if can_be_written(name) else repr(name)
