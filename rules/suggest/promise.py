"""What the attributes of events say beyond their values: a promised time, the number at stake, the customer."""

from collections.abc import Iterable, Mapping, Sequence

from rules.suggest.attribute import Attribute, Promise
from rules.suggest.log import START
from rules.suggest.word import tokens

_NEARLY_ALL = 0.9
_KEPT, _NEVER_BROKEN = 0.8, 0.998  # shares of promises that are kept: it is one, and it says something
_FEWEST = 20
_PROMISING = (
    *("deadline", "due", "promise", "promised", "estimate", "estimated", "expected", "planned", "limit", "until"),
    *("target", "committed", "latest", "sla", "by", "eta"),
)
_AT_STAKE = ("amount", "total", "value", "price", "sum")
_WHO = ("customer", "client", "buyer", "member", "patient", "applicant", "account", "user")


def dated(attributes: Iterable[Attribute], counts: Mapping[int, int]) -> list[Attribute]:
    """Attributes that are instants after their event, nearly always. `counts`: IDs by place."""
    return [each for each in attributes if each.later >= _NEARLY_ALL * each.ids >= _NEARLY_ALL**2 * counts[each.place]]


def promised(step: int, befores: Iterable[int], afters: Iterable[int], found: Sequence[Promise]) -> Promise | None:
    """The promise that bounds a step: of an event before it, kept mostly, and kept by no step after it too, for then it
    is that one's. Of several, the one that its name tells best, then the tightest.

    `befores`: the places of all that comes before the step, the start included; `afters`: of all that comes after it.
    """
    kept = [each for each in found if is_kept(each)]
    later = {(each.place, each.key) for each in kept if each.step in afters}
    mine = [each for each in kept if each.step == step and each.place in befores]
    own = [each for each in mine if (each.place, each.key) not in later]
    return min(own, key=lambda each: (_rank(each.key), each.ahead, each.key), default=None)


def is_kept(promise: Promise) -> bool:
    """Whether it reads like a promise, and mostly is one; one that is never broken lies too far off to say anything."""
    mostly = _KEPT * promise.both <= promise.kept <= _NEVER_BROKEN * promise.both
    return mostly and promise.both >= _FEWEST and _rank(promise.key) < len(_PROMISING)


def _rank(key: str) -> int:
    words = tokens(key)
    return next((rank for rank, word in enumerate(_PROMISING) if word in words), len(_PROMISING))


def at_stake(attributes: Iterable[Attribute], instances: int) -> str:
    """The key of a number of the start that reads like money, or nothing."""
    numbers = [it for it in _of_start(attributes, instances) if it.numbers >= _NEARLY_ALL * it.ids]
    return _named_like(_AT_STAKE, [it.key for it in numbers if it.values > 2])


def currency(attributes: Iterable[Attribute], instances: int) -> str:
    texts = [it.key for it in _of_start(attributes, instances) if it.texts >= _NEARLY_ALL * it.ids]
    return _named_like(("currency",), texts)


def customer(attributes: Iterable[Attribute], instances: int) -> str:
    """The key of the start that says whom an instance touches, or nothing."""
    several = [it.key for it in _of_start(attributes, instances) if it.texts + it.numbers == it.ids and it.values > 2]
    called = [key for key in several if tokens(key)[-1:] in (["id"], ["number"], ["no"], ["ref"]) or key in _WHO]
    return _named_like(_WHO, called)


def _of_start(attributes: Iterable[Attribute], instances: int) -> list[Attribute]:
    return [it for it in attributes if it.place == START and it.ids >= _NEARLY_ALL * instances]


def _named_like(words: Sequence[str], keys: Sequence[str]) -> str:
    """The key that has the earliest of the words; of several, the shortest."""
    for word in words:
        found = [key for key in keys if word in tokens(key)]
        if found:
            return min(found, key=lambda key: (len(key), key))
    return ""
