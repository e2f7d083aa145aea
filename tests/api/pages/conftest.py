"""Who sits at the dashboard."""

from collections.abc import Iterator

import pytest

from api.access.identity import Scope
from tests.api.person import Person, signed_in
from tests.api.shop import Shop


@pytest.fixture
def maria(address: str, shop: Shop) -> Iterator[Person]:
    """May work on every case."""
    with signed_in(address, shop.database, Scope.OPERATE) as person:
        yield person


@pytest.fixture
def eve(address: str, shop: Shop) -> Iterator[Person]:
    """May too."""
    with signed_in(address, shop.database, Scope.OPERATE, name="eve") as person:
        yield person
