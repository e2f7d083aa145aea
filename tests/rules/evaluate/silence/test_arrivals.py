"""What is read of the arrivals: the store sums up as the simulation does."""

from collections.abc import Sequence
from random import Random

import pytest

from rules.evaluate.silence import arrivals
from rules.evaluate.silence.arrivals import Heard, Level
from rules.evaluate.silence.window import WEEK
from store.clickhouse import ClickHouse
from store.event import DAY, MINUTE, SECOND
from store.incidents import Stream
from tests.rules.evaluate.silence.simulation import Watcher
from tests.rules.evaluate.silence.traffic import DAY as A_DAY
from tests.rules.evaluate.silence.traffic import KINDS, Kind, Traffic, batch, made, steady, together

BEGIN = 4_000_000_000 // 86_400 * DAY  # a midnight in 2096, so that nothing is too old to be kept
LEVELS = [Level(source, name) for source in (False, True) for name in (False, True)]
EVERYTHING, SHOP = Stream(), Stream("shop")


def store(clickhouse: ClickHouse, source: str, name: str, traffic: Traffic) -> None:
    came = [(minute, count) for minute, count in enumerate(traffic.counts) if count]
    last = [BEGIN + round((minute + traffic.lasts[minute]) * MINUTE) for minute, _ in came]
    columns: dict[str, Sequence[object]] = {
        "minute": [BEGIN // SECOND + minute * 60 for minute, _ in came],
        "name": [name] * len(came),
        "source": [source] * len(came),
        "events": [count for _, count in came],
        "last": last,
        "behind": [0] * len(came),
    }
    clickhouse.insert("arrivals", columns)


@pytest.mark.parametrize("kind", ["1 a minute", "60 a minute", "a batch every 15 minutes"])
@pytest.mark.parametrize("day", [0, 1, WEEK])
def test_a_window_is_summed_up_as_in_the_simulation(clickhouse: ClickHouse, kind: str, day: int) -> None:
    minutes = 8 * A_DAY + 7
    paid, seen = made(KINDS[kind], minutes, Random(kind)), made(KINDS["5 a minute"], minutes, Random(day))
    store(clickhouse, "shop", "Paid", paid)
    store(clickhouse, "shop", "Seen", seen)
    found = arrivals.history(clickhouse, LEVELS, [0, 1, WEEK], BEGIN + minutes * MINUTE, BEGIN)
    assert found[Stream("shop", "Paid")][day] == found[Stream(name="Paid")][day] == Watcher(paid).window(minutes, day)
    both = Watcher(together(paid, seen)).window(minutes, day)
    assert found[SHOP][day] == found[EVERYTHING][day] == both


def test_of_a_day_on_which_a_stream_was_not_heard_there_is_an_empty_window(clickhouse: ClickHouse) -> None:
    minutes = 2 * A_DAY
    only_today = Kind(lambda *_: lambda minute: 60.0 if minute > A_DAY else 0.0)
    store(clickhouse, "shop", "Paid", made(only_today, minutes, Random(1)))
    found = arrivals.history(clickhouse, LEVELS, [0, 1], BEGIN + minutes * MINUTE, BEGIN)
    assert found[Stream(name="Paid")][0].heard == 90
    assert found[Stream(name="Paid")][1].heard < 30


def test_the_last_minutes_and_the_hour_before_are_counted(clickhouse: ClickHouse) -> None:
    traffic = made(steady(20), 300, Random(1))
    store(clickhouse, "shop", "Paid", traffic)
    counted = arrivals.counted(clickhouse, LEVELS, BEGIN + 300 * MINUTE + SECOND)
    assert counted[SHOP] == counted[EVERYTHING] == Watcher(traffic).counts(300)
    assert arrivals.minutes(clickhouse, SHOP, BEGIN + 300 * MINUTE + SECOND, 70) == traffic.counts[-70:]
    assert arrivals.minutes(clickhouse, Stream(name="Seen"), BEGIN + 300 * MINUTE, 2) == [0, 0]


def test_what_was_heard_since_is_told_of_each_stream_that_is_looked_at(clickhouse: ClickHouse) -> None:
    traffic = made(batch(30, 5), 300, Random(1))
    last = max(minute for minute, count in enumerate(traffic.counts) if count)
    at = BEGIN + round((last + traffic.lasts[last]) * MINUTE)
    store(clickhouse, "shop", "Paid", traffic)
    streams = {EVERYTHING, SHOP, Stream(name="Paid"), Stream("shop", "Paid")}
    found = arrivals.heard(clickhouse, LEVELS, at - SECOND, at + MINUTE)
    assert found == dict.fromkeys(streams, Heard(at, 0))
    assert arrivals.heard(clickhouse, LEVELS, at + SECOND, at + MINUTE) == {}
    assert arrivals.heard(clickhouse, LEVELS[:1], at - SECOND, at + MINUTE).keys() == {EVERYTHING}
    assert arrivals.heard(clickhouse, LEVELS[:2], at - SECOND, at + MINUTE).keys() == {EVERYTHING, Stream(name="Paid")}


def test_who_sent_what_and_when_last(clickhouse: ClickHouse) -> None:
    assert arrivals.first(clickhouse) is None
    assert arrivals.sent(clickhouse, BEGIN) == []
    store(clickhouse, "shop", "Paid", made(steady(60), 10, Random(1)))
    store(clickhouse, "crm", "Seen", made(steady(20), 20, Random(1)))
    told = [(it.source, it.name, (it.last - BEGIN) // MINUTE) for it in arrivals.sent(clickhouse, BEGIN + DAY)]
    assert told == [("shop", "Paid", 9), ("crm", "Seen", 19)]
    assert arrivals.first(clickhouse) == BEGIN
