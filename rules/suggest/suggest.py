"""A rule file proposed from stored events, with the evidence in its comments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rules.diagnostic import did_you_mean, quoted
from rules.parse.rule import parse
from rules.spec import UNNAMED
from rules.suggest import note
from rules.suggest.attribute import Promise, prefix
from rules.suggest.draft import Draft, DraftStep
from rules.suggest.duration import round_up
from rules.suggest.graph import ancestors, in_order
from rules.suggest.log import START, Log
from rules.suggest.promise import at_stake, currency, customer, promised
from rules.suggest.survey import Survey, opening, survey
from rules.suggest.text import text
from rules.suggest.trial import Trial, trial
from rules.suggest.word import can_be_written, compared, kebab, noun, of_start, of_step, plural, step_name
from store.clickhouse import ClickHouse
from store.event import HOUR

INSTANCES = 50_000

_OF_ONE_KIND = 0.95  # share of correlation IDs that begin with the same word, for it to be what they are called
_ALWAYS = 0.995  # share of instances that have a promise, for it to be the only deadline


class NothingToSuggest(Exception):
    """The events are not enough to make a rule of; the message says what is lacking."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for: the start event and the workflow's name, if given; at most about `limit` instances."""

    start: str = ""
    name: str = ""
    limit: int = INSTANCES


def suggest(clickhouse: ClickHouse, wishes: Wishes) -> str:
    """The text of a rule file. Raises NothingToSuggest, StoreUnavailable or StoreRefused."""
    size = Log(clickhouse).size()
    log = Log(clickhouse, one_in=max(1, -(-size.ids // wishes.limit)))
    begins = opening(log, wishes.start)
    if begins is None:
        raise NothingToSuggest("there are no events to learn from")
    if not can_be_written(begins.name):
        raise NothingToSuggest(f"no rule can name the event {quoted(begins.name)}; give another one as the start")
    found = survey(log, size, begins)
    if found is None:
        near = did_you_mean(begins.name, [name for name, _ in begins.others])
        raise NothingToSuggest(f"there is no event called {quoted(begins.name)}{near}")
    if not found.after:
        raise NothingToSuggest(f"nothing comes often enough with {quoted(begins.name)} to be a step")
    draft = _draft(found, wishes)
    return text(_told(draft, found, _tried(draft, found)))


def _tried(draft: Draft, found: Survey) -> Trial:
    parsed = parse(text(draft), "suggested")
    if parsed.workflow is None:
        raise AssertionError(f"the proposal is no rule: {parsed.diagnostics}")
    return trial(found.log, parsed.workflow, found.size.last)


def _told(draft: Draft, found: Survey, tried: Trial) -> Draft:
    """With all the evidence."""
    called = plural(draft.noun or UNNAMED)
    places = {step_name(found.name(place)): place for place in found.after}
    steps = tuple(
        replace(step, notes=note.step(found, places[step.name], called, step.notes, tried)) for step in draft.steps
    )
    return replace(draft, steps=steps, header=note.header(found, called, tried), left_out=note.left_out(found))


def _draft(found: Survey, wishes: Wishes) -> Draft:
    called = noun(found.opening.name) or _prefix(found)
    start, names = found.opening.name, [step_name(found.name(place)) for place in found.after]
    owners = _owners(found)
    owner = owners.get(START, "")
    keys = (at_stake, currency, customer)
    value, unit, whom = (key(found.attributes, found.instances) for key in keys)
    steps = (_step(found, place, owners) for place in in_order(found.after, found.pairs))
    return Draft(
        workflow=wishes.name or kebab(plural(called)) or kebab(start) or "suggested",
        noun=called,
        start=start,
        steps=tuple(replace(step, owner="" if step.owner == owner else step.owner) for step in steps),
        owner=owner,
        grace=round_up(found.size.transit) if 0 < found.size.transit <= HOUR else 0,
        value=of_start(start, value, names) if value else "",
        unit=of_start(start, unit, names) if unit and value else "",
        customer=of_start(start, whom, names) if whom else "",
        cancel=tuple(found.name(place) for place in found.endings.cancel),
        ends_on=tuple(found.name(place) for place in found.endings.ends_on),
        notes=note.workflow(found),
    )


def _prefix(found: Survey) -> str:
    word, ids = prefix(found.log)
    return word.lower() if ids >= _OF_ONE_KIND * found.instances else ""


def _owners(found: Survey) -> Mapping[int, str]:
    """By place, who sends each event; nothing where that is not always the same."""
    sources = {name.name: name.source for name in found.names}
    owners = {place: sources.get(found.name(place), "") for place in (START, *found.after)}
    return owners if all(map(can_be_written, owners.values())) else {}


def _step(found: Survey, place: int, owners: Mapping[int, str]) -> DraftStep:
    name = found.name(place)
    called = step_name(name)
    promise = _promise(found, place)
    delay, condition = found.delays.get(place), found.conditions.get(place)
    within = None if delay is None or not delay.seen else round_up(delay.p99)
    steps = [step_name(found.name(each)) for each in found.after]
    decider = of_start(found.opening.name, condition.key, steps) if condition else ""
    return DraftStep(
        called,
        event="" if called == name else name,
        after=tuple(step_name(found.name(before)) for before in found.after[place]),
        within=None if promise is not None and _is_always_there(found, promise) else within,
        due="" if promise is None else _instant(found, promise),
        when=compared(decider, condition.sign, condition.values) if condition else "",
        optional=place in found.optional,
        fails_on=tuple(name for name in map(found.name, found.endings.failures) if found.fails(name) == place),
        owner=owners.get(place, ""),
        notes=() if promise is None else (note.promise(promise),),
    )


def _instant(found: Survey, promise: Promise) -> str:
    if promise.place == START:
        return of_start(found.opening.name, promise.key, [step_name(found.name(each)) for each in found.after])
    return of_step(step_name(found.name(promise.place)), promise.key)


def _is_always_there(found: Survey, promise: Promise) -> bool:
    [attribute] = [it for it in found.attributes if (it.place, it.key) == (promise.place, promise.key)]
    everywhere = found.instances if promise.place == START else found.pairs[promise.place, promise.place].both
    return attribute.instants >= _ALWAYS * everywhere


def _promise(found: Survey, place: int) -> Promise | None:
    afters = [step for step in found.after if place in ancestors(step, found.after)]
    return promised(place, [START, *ancestors(place, found.after)], afters, found.promises)
