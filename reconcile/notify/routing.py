"""Which receivers hear of what: a walk through the tree of routes, as Alertmanager's."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from reconcile.identity import group_id
from reconcile.notify.item import OF_INCIDENTS
from store.matcher import Facts, all_fit
from store.settings_notify import CASE, DEFAULT, Endpoint, NotifySettings, Route

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A group: what goes to `receiver` by this route and is alike in `labels`."""

    route: Route
    receiver: str
    labels: Mapping[str, str]

    @property
    def id(self) -> str:
        return group_id(self.route.path, self.receiver, self.labels_text)

    @property
    def labels_text(self) -> str:
        return msgspec.json.encode(self.labels, order="sorted").decode()


class Routing:
    """The tree, and the receivers that it leads to."""

    def __init__(self, route: Route, endpoints: Mapping[str, Endpoint]) -> None:
        self._route = route
        self._names = frozenset(endpoints)
        self._unheard: set[str] = set()

    @classmethod
    def build(cls, notify: NotifySettings) -> "Routing":
        return cls(notify.route, notify.endpoints)

    def places(self, subject: str, views: Iterable[Facts]) -> list[Place]:
        """Where a subject is told, each receiver once. `views`: its facts as each of its owners sees them, the owner
        of the case first. An owner that nobody hears for is logged once."""
        found: dict[str, Place] = {}
        for facts in views:
            for *_, route in ways(self._route, facts):
                receiver = self.receiver(route, facts)
                if receiver is not None:
                    found.setdefault(receiver, Place(route, receiver, dict(_alike(route, subject, facts))))
        return list(found.values())

    def receiver(self, route: Route, facts: Facts) -> str | None:
        """The receiver of the route; of one that names none, the endpoint of the owner, or `default`."""
        if route.receiver is not None:
            return route.receiver
        owner = facts["owner"]
        name = next((it for it in (owner, DEFAULT) if it in self._names), None)
        if name is None and owner not in self._unheard:
            self._unheard.add(owner)
            logger.warning(
                "owner %r is told nothing: notify.endpoints in the settings has no endpoint for it and no default",
                owner,
            )
        return name


def ways(route: Route, facts: Facts) -> list[tuple[Route, ...]]:
    """To the deepest branches that fit, each from the root on: of branches side by side the first, and the next ones
    where it says so (`continue`)."""
    if not all_fit(route.match, facts):
        return []
    found: list[tuple[Route, ...]] = []
    for branch in route.routes:
        below = ways(branch, facts)
        found += [(route, *way) for way in below]
        if below and not branch.goes_on:
            break
    return found or [(route,)]


def _alike(route: Route, subject: str, facts: Facts) -> Iterator[tuple[str, str]]:
    apart = (CASE,) if facts.get("type") in OF_INCIDENTS else ()
    for name in dict.fromkeys((*route.group_by, *apart)):
        yield name, subject if name == CASE else facts.get(name, "")
