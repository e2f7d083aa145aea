"""Memory for the bodies of requests."""

import pytest

from collector.errors import Overloaded
from collector.room import Room


def test_memory_for_bodies_is_given_back() -> None:
    room = Room(10)
    for _ in range(3):
        with room.share() as share:
            share.take(6)
            share.take(4)
            with room.share() as other, pytest.raises(Overloaded):
                other.take(1)
