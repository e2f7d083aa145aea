"""How far a consumer has got, at every turn."""

from collector.acceptance import END_OF_TIME
from collector.kafka.progress import Partition, Progress

A, B = Partition("orders", 0), Partition("orders", 1)


def assigned() -> Progress:
    progress = Progress(100)
    progress.assigned([A, B], 110)
    progress.polled(200)
    return progress


def test_until_it_knows_its_partitions_it_is_where_it_began() -> None:
    progress = Progress(100)
    progress.polled(200)
    assert progress.oldest() == 100


def test_what_waits_in_a_partition_is_not_known_before_its_end_was_reached() -> None:
    progress = assigned()
    assert progress.oldest() == 100
    progress.stands({A: None})
    assert progress.oldest() == 100
    progress.stands({B: None})
    assert progress.oldest() == 200


def test_a_message_counts_until_it_is_stored_and_then_as_long_as_more_may_wait_behind_it() -> None:
    progress = assigned()
    progress.stands({A: None, B: None})
    progress.took({A: 50})
    assert progress.oldest() == 50
    progress.stands({A: 60})
    assert progress.oldest() == 60
    progress.stands({A: None})
    assert progress.oldest() == 200


def test_a_message_that_is_older_than_the_one_before_counts_as_well() -> None:
    progress = assigned()
    progress.stands({A: 90, B: None})
    progress.took({A: 80})
    assert progress.oldest() == 80
    progress.took({A: 85})
    assert progress.oldest() == 80


def test_without_a_poll_nothing_is_known() -> None:
    progress = assigned()
    progress.stands({A: None, B: None})
    progress.polled(300)
    assert progress.oldest() == 300


def test_partitions_that_were_taken_away_hold_until_partitions_are_given_out_again() -> None:
    progress = assigned()
    progress.stands({A: 70, B: None})
    progress.revoked(250)
    progress.polled(260)
    assert progress.oldest() == 70
    progress.revoked(255)
    assert progress.oldest() == 70
    progress.assigned([], 270)
    assert progress.oldest() == 260
    progress.stands({A: 50})
    progress.took({A: 50})
    assert progress.oldest() == 260  # they are somebody else's now


def test_partitions_that_are_given_out_anew_hold_until_it_is_known_what_waits_in_them() -> None:
    progress = assigned()
    progress.stands({A: 70, B: None})
    progress.revoked(250)
    progress.assigned([A, B], 270)
    progress.polled(280)
    assert progress.oldest() == 70
    progress.stands({A: None})
    assert progress.oldest() == 70
    progress.took({B: 150})
    progress.stands({B: 160})
    assert progress.oldest() == 160


def test_while_no_broker_is_connected_nothing_is_known() -> None:
    progress = assigned()
    progress.stands({A: None, B: None})
    progress.connected(False, 210)
    progress.connected(False, 220)
    progress.polled(300)
    assert progress.oldest() == 210
    progress.connected(True, 310)
    assert progress.oldest() == 300


def test_who_leaves_with_nothing_behind_holds_nothing_however_long_ago_that_was() -> None:
    done, behind = assigned(), assigned()
    done.stands({A: None, B: None})
    behind.stands({A: 70, B: None})
    for progress in (done, behind):
        progress.revoked(250)
        progress.left()
    assert done.oldest() == END_OF_TIME
    assert behind.oldest() == 70
