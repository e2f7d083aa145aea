"""UUIDv7 of our own: valid, in order, never twice."""

from uuid import RFC_4122, UUID

from noshow_sdk.ids import new_id
from tests.conftest import NOON

NOW = NOON * 1_000


def test_it_is_a_uuid_of_version_7_with_its_time_in_front() -> None:
    later = NOW + 3_600_000_000_000 * 24 * 365 * 20  # later than any other test has made one
    identifier = UUID(new_id(later))
    assert (identifier.version, identifier.variant) == (7, RFC_4122)
    assert identifier.int >> 80 == later // 1_000_000


def test_those_made_one_after_the_other_sort_so_even_when_the_clock_is_set_back() -> None:
    made = [new_id(NOW + instant) for instant in (0, 0, 0, 1, 250, 5_000_000, 4_000_000, 0, 6_000_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_it_is_written_as_uuids_are() -> None:
    identifier = new_id(NOW)
    assert str(UUID(identifier)) == identifier
