"""`noshow routes`: who hears of what by the settings, and why; no server, no store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from noshow.errors import WrongUsage
from reconcile.notify.routing import Routing, ways
from store.duration import format_duration
from store.matcher import LABEL, NAMES, Facts
from store.settings import Settings
from store.settings_notify import Route

OWNER = "the endpoint of the owner"


def shown(settings: Settings) -> Iterator[str]:
    """The tree, a line for each branch, and where owners without a receiver of the tree are told."""
    yield from _tree(settings.notify.route, 0)
    yield ""
    for endpoint in settings.notify.endpoints.values():
        signed = f", signed with {len(endpoint.secrets)} secrets" if len(endpoint.secrets) > 1 else ""
        yield f"{endpoint.name}: {endpoint.channel}{signed}"


def tested(settings: Settings, facts: Facts) -> Iterator[str]:
    """Each receiver of a case with these facts, and the way through the tree that leads there."""
    routing = Routing.build(settings.notify)
    places = routing.places("this case", [facts])
    if not places:
        yield f"nobody: no endpoint is called {facts['owner'] or 'as the owner'} or default (notify.endpoints)"
    for place in places:
        yield f"{place.receiver}  ({settings.notify.endpoints[place.receiver].channel})"
        yield from (f"    {line}" for line in _way(settings.notify.route, place.route, facts))
        alike = ", ".join(f"{name} {value or '(none)'}" for name, value in place.labels.items())
        yield f"    one message for what has the same {alike}" if alike else "    one message for all"


def facts_of(given: Mapping[str, str | None], labels: Sequence[str]) -> Facts:
    """What is not given is empty. Raises WrongUsage."""
    facts = {name: given.get(name) or "" for name in NAMES}
    for text in labels:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise WrongUsage(f"--label {text}: expected NAME=VALUE")
        facts[LABEL + name] = value
    return facts


def _way(root: Route, end: Route, facts: Facts) -> Iterable[str]:
    way = next(way for way in ways(root, facts) if way[-1].path == end.path)
    return [f"{route.path}{_matching(route)}" for route in way]


def _tree(route: Route, depth: int) -> Iterator[str]:
    timing = route.timing
    repeated = f"every {format_duration(timing.repeat_interval)}" if timing.repeat_interval else "never"
    indent = "  " * depth
    yield f"{indent}{route.path}{_matching(route)} → {route.receiver or OWNER}{', and on' if route.goes_on else ''}"
    yield (
        f"{indent}  by {', '.join(route.group_by) or 'nothing'}: first after {format_duration(timing.group_wait)}, "
        f"then every {format_duration(timing.group_interval)} at most, repeated {repeated}; "
        f"above {timing.storm_cap} new cases a summary"
    )
    for branch in route.routes:
        yield from _tree(branch, depth + 1)


def _matching(route: Route) -> str:
    return f" ({', '.join(map(str, route.match))})" if route.match else ""
