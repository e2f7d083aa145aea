"""The tree of routes in `noshow.yaml`, read and checked: what a branch does not say it has from the one above."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from store import settings_values as values
from store.duration import parse_duration
from store.matcher import LABEL, NAMES, Matcher, known, matcher
from store.settings_branch import ANY, Branch, did_you_mean
from store.settings_notify import CASE, Route, Timing

ROUTE = ("notify", "route")

_TIMES = ("group_wait", "group_interval", "repeat_interval")
_ROOT = ("receiver", "group_by", *_TIMES, "storm_cap", "routes")
_BRANCH = (*_ROOT, "match", "continue")
_LABELS = "labels"


def route(branch: Branch | None, receivers: Collection[str]) -> Route:
    """The tree; `receivers` are the names that it may lead to. Problems are added to the branch's."""
    return Route() if branch is None else _route(branch, Route(path=branch.name), _Receivers(receivers))


@dataclass(frozen=True, slots=True)
class _Receivers:
    names: Collection[str]

    def check(self, name: str) -> str:
        if name not in self.names:
            raise ValueError(f"there is no receiver {name}{did_you_mean(name, self.names)}")
        return name


def _route(branch: Branch, above: Route, receivers: _Receivers, *, root: bool = True) -> Route:
    given = branch.members(_ROOT if root else _BRANCH)
    own = replace(
        above,
        path=branch.name,
        match=tuple(_matchers(given.get("match"))),
        receiver=given["receiver"].parsed(receivers.check, above.receiver) if "receiver" in given else above.receiver,
        group_by=_group_by(given["group_by"]) if "group_by" in given else above.group_by,
        timing=_timing(given, above.timing),
        goes_on=given["continue"].parsed(values.flag, False) if "continue" in given else False,
        routes=(),
    )
    below = given["routes"].items() if "routes" in given else []
    return replace(own, routes=tuple(_route(it, own, receivers, root=False) for it in below))


def _timing(given: dict[str, Branch], above: Timing) -> Timing:
    times = {name: given[name].parsed(parse_duration, 0) for name in _TIMES if name in given}
    cap = {"storm_cap": given["storm_cap"].parsed(values.count, 1)} if "storm_cap" in given else {}
    return replace(above, **times, **cap)


def _group_by(branch: Branch) -> tuple[str, ...]:
    names = branch.texts()
    for name in names:
        if name != CASE and not known(name):
            branch.problem(f"nothing can be grouped by {name}{did_you_mean(name, (CASE, *NAMES))}")
    return tuple(dict.fromkeys(names))


def _matchers(branch: Branch | None) -> Iterator[Matcher]:
    if branch is None:
        return
    for name, value in branch.members((*NAMES, _LABELS)).items():
        if name == _LABELS:
            labels = value.members((ANY,))
            yield from _of_values((LABEL + label, it) for label, it in labels.items())
        else:
            yield from _of_values([(name, value)])


def _of_values(pairs: Iterable[tuple[str, Branch]]) -> Iterator[Matcher]:
    for name, value in pairs:
        try:
            yield matcher(name, value.texts())
        except ValueError as error:
            value.problem(str(error))
