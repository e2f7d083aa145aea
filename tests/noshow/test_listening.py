"""What the server asks of the system."""

import resource
from collections.abc import Iterator

import pytest

from noshow.listening import FILES, allow_connections


@pytest.fixture
def few() -> Iterator[None]:
    """A process that may have as few files open as many systems allow at first."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few")
def test_there_are_files_enough_for_all_connections() -> None:
    allow_connections()
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert allowed == (FILES if most == resource.RLIM_INFINITY else min(FILES, most))


def test_who_is_allowed_more_keeps_it() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[0] >= FILES:
        allow_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
