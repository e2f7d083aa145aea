"""Which endpoint an owner listens at."""

import logging
from collections.abc import Iterable, Mapping

from store.settings import Endpoint

logger = logging.getLogger(__name__)

DEFAULT = "default"


class Routing:
    """Endpoints by owner; the one called `default` serves the owners that have none."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._names = frozenset(endpoints)
        self._unheard: set[str] = set()

    def endpoints(self, owners: Iterable[str]) -> tuple[str, ...]:
        """The names of the endpoints that serve these owners, each once. An owner without one is logged once."""
        names = (self._endpoint(owner) for owner in owners)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def _endpoint(self, owner: str) -> str | None:
        if owner in self._names:
            return owner
        if DEFAULT in self._names:
            return DEFAULT
        if owner not in self._unheard:
            self._unheard.add(owner)
            logger.warning(
                "owner %r is told nothing: notify.endpoints in the settings has no endpoint for it and no default",
                owner,
            )
        return None
