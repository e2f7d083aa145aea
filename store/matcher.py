"""Matchers: which cases a route or a silence means. Facts are texts by name, labels among them as `labels.<name>`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from store.settings_branch import did_you_mean

Facts = Mapping[str, str]

NAMES = ("owner", "severity", "workflow", "step", "kind", "type", "correlation_id")
LABEL = "labels."
EXPRESSION = "~"

_LONGEST = 256  # letters of an expression


@dataclass(frozen=True, slots=True)
class Matcher:
    """The fact of this name is one of `values`, or, if `expression` is set, all of it fits one of them."""

    name: str
    values: tuple[str, ...]
    expression: bool = False

    def fits(self, facts: Facts) -> bool:
        fact = facts.get(self.name, "")
        return any(re.fullmatch(it, fact) for it in self.values) if self.expression else fact in self.values

    def __str__(self) -> str:
        return f"{self.name}={EXPRESSION if self.expression else ''}{'|'.join(self.values)}"


def matcher(name: str, texts: Iterable[str]) -> Matcher:
    """Of texts that are all plain values, or one `~` and a regular expression. Raises `ValueError`."""
    values = tuple(texts)
    if not known(name):
        raise ValueError(f"{name}: nothing can be matched by it{did_you_mean(name, NAMES)}")
    if not values:
        raise ValueError("expected at least one value")
    if not any(it.startswith(EXPRESSION) for it in values):
        return Matcher(name, values)
    if len(values) > 1:
        raise ValueError("expected values, or one regular expression, such as ~A-1.*")
    return Matcher(name, (_expression(values[0].removeprefix(EXPRESSION)),), expression=True)


def parse(text: str) -> Matcher:
    """`owner=payments`, `correlation_id=~A-1.*` or `labels.tier=gold`. Raises `ValueError`."""
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise ValueError(f"expected a matcher such as owner=payments or correlation_id=~A-1.*, not {text!r}")
    return matcher(name.strip(), (value.strip(),))


def known(name: str) -> bool:
    return name in NAMES or (name.startswith(LABEL) and len(name) > len(LABEL))


def all_fit(matchers: Iterable[Matcher], facts: Facts) -> bool:
    return all(it.fits(facts) for it in matchers)


def _expression(text: str) -> str:
    if not text or len(text) > _LONGEST:
        raise ValueError(f"expected a regular expression of at most {_LONGEST} letters")
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text
