"""What is told of several sources and names, after eight days in which all was as it is made up."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

import pytest

from rules.evaluate.silence import known
from rules.evaluate.silence.watch import Silence, Watch
from rules.held import Held
from store import incidents
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE, SECOND, Event
from store.events import write
from store.incidents import Incident, Stream
from store.settings_silence import SilenceSettings
from tests.rules.evaluate.silence.test_arrivals import BEGIN, store
from tests.rules.evaluate.silence.traffic import DAY, Kind, Rate, Traffic, made, steady
from tests.rules.evaluate.test_evaluator import SETTINGS

KNOWN = 8 * DAY  # minutes
NOW = BEGIN + KNOWN * MINUTE


class Market:
    """`at` is in minutes after all was known."""

    def __init__(self, clickhouse: ClickHouse, database: Database) -> None:
        self.clickhouse, self.database = clickhouse, database
        self.traffic: dict[tuple[str, str], Traffic] = {}
        self.at = 0
        self.use(SilenceSettings())

    def use(self, silence: SilenceSettings) -> None:
        self.watch = Watch(replace(SETTINGS, silence=silence), "one")

    def open(self, source: str, name: str, kind: Kind, sent: Rate = lambda _: 1.0, minutes: int = 300) -> None:
        """`sent`: what part of it, by the minute after all was known."""
        key = f"{source}-{name}"
        made_up = made(kind, KNOWN + minutes, Random(key), lambda it: sent(it - KNOWN) if it >= KNOWN else 1.0)
        self.traffic[source, name] = made_up
        store(self.clickhouse, source, name, _part(made_up, 0, KNOWN))

    def go_on(self, minutes: int) -> Silence:
        for _ in range(minutes):
            for (source, name), it in self.traffic.items():
                store(self.clickhouse, source, name, _part(it, KNOWN + self.at, KNOWN + self.at + 1))
            self.at += 1
            seen = self.watch.look(self.clickhouse, self.database, NOW + self.at * MINUTE)
        return seen

    def incidents(self) -> list[Incident]:
        with self.database.read() as connection:
            return incidents.page(connection, None, 10, only_open=False)

    def told(self) -> list[str]:
        return [it.subject for it in self.incidents()]

    def open_incident(self) -> Incident:
        [found] = [it for it in self.incidents() if it.is_open]
        return found


def _part(it: Traffic, since: int, until: int) -> Traffic:
    """The rest is nothing."""
    counts = [count if since <= minute < until else 0 for minute, count in enumerate(it.counts)]
    return replace(it, counts=counts)


def stops(at: int, back: int = 10_000) -> Rate:
    return lambda minute: 0.0 if at <= minute < back else 1.0


def _event(name: str, source: str, at: int) -> Event:
    return Event(name, "o-1", name, at, source, received_at=at)


@pytest.fixture
def market(clickhouse: ClickHouse, database: Database) -> Iterator[Market]:
    yield Market(clickhouse, database)


def held(seen: Silence) -> Mapping[str, Held]:
    return seen.lasting


def test_one_of_two_sources_of_a_name_is_told_and_holds_the_name_since_its_last_event(market: Market) -> None:
    market.open("web", "Placed", steady(60))
    market.open("web", "Paid", steady(60), stops(10, back=20))
    market.open("till", "Placed", steady(60))
    market.open("till", "Paid", steady(60))
    seen = market.go_on(13)
    incident = market.open_incident()
    assert (incident.subject, incident.streams) == ("Paid of web", (Stream("web", "Paid"),))
    assert 9 * MINUTE < incident.since - NOW <= 10 * MINUTE
    assert seen.holding["Paid"] == Held(incident.since, incident.until)
    assert "Placed" not in held(seen)
    seen = market.go_on(9)
    assert market.told() == ["Paid of web"], "nor is the name told, of which half has gone"
    assert (held(seen), market.incidents()[0].is_open) == ({}, False)


def test_a_source_of_which_all_falls_silent_is_one_incident_and_holds_all_its_names(market: Market) -> None:
    market.open("web", "Placed", steady(60), stops(10))
    market.open("web", "Paid", steady(3), stops(10))
    market.open("web", "Refunded", steady(0.01), stops(10))
    market.open("till", "Placed", steady(60))
    market.go_on(25)
    incident = market.open_incident()
    assert (market.told(), incident.streams) == (["web"], (Stream("web"),))
    assert set(incident.names) == {"Placed", "Paid", "Refunded"}


def test_names_of_one_source_are_one_incident(market: Market) -> None:
    market.open("web", "Placed", steady(60))
    market.open("web", "Paid", steady(60), stops(10))
    market.open("web", "Seen", steady(60), stops(10))
    market.go_on(15)
    assert (market.told(), set(market.open_incident().names)) == (["Paid, Seen"], {"Paid", "Seen"})


def test_what_falls_to_a_part_is_told_since_then_held_and_over_when_it_is_as_usual(market: Market) -> None:
    market.open("web", "Placed", steady(60))
    market.open("bank", "Paid", steady(60), lambda at: 0.2 if 5 <= at < 35 else 1.0)
    market.go_on(4)
    assert market.told() == []
    seen = market.go_on(11)
    incident = market.open_incident()
    assert (incident.subject, incident.names) == ("bank", ("Paid",))
    assert 3 * MINUTE <= incident.since - NOW <= 7 * MINUTE
    assert 15 <= incident.percent <= 60
    assert held(seen) == {"Paid": Held(incident.since, incident.until)}
    market.go_on(17)
    assert market.open_incident().because == "ran_out"
    seen = market.go_on(12)
    assert (held(seen), market.told(), market.incidents()[0].is_open) == ({}, ["bank"], False)


def test_everything_that_falls_to_a_part_at_once_is_one(market: Market) -> None:
    for source in ("web", "bank", "till"):
        market.open(source, f"By {source}", steady(60), lambda at: 0.2 if at >= 5 else 1.0)
    market.go_on(17)
    assert (market.told(), market.open_incident().names) == (["everything"], ("*",))


def test_of_a_part_that_one_source_makes_everything_fall_to_the_source_is_told(market: Market) -> None:
    market.open("web", "Placed", steady(200), lambda at: 0.2 if at >= 5 else 1.0)
    for source in ("bank", "till"):
        market.open(source, f"By {source}", steady(20))
    market.go_on(17)
    assert market.told() == ["web"]


def test_an_incident_that_goes_on_does_not_keep_others_from_being_told(market: Market) -> None:
    market.open("old", "Scanned", steady(60), stops(10))
    market.open("web", "Placed", steady(60), stops(20))
    market.open("till", "Placed", steady(60))
    market.go_on(24)
    assert market.told() == ["web", "old"]


def test_what_does_not_come_for_a_week_is_not_expected_any_more(market: Market) -> None:
    market.open("old", "Scanned", steady(60), stops(10))
    market.open("web", "Placed", steady(60))
    market.go_on(15)
    market.open_incident()
    week_later = NOW + 7 * 24 * HOUR + 10 * MINUTE
    market.watch.look(market.clickhouse, market.database, week_later)
    seen = market.watch.look(market.clickhouse, market.database, week_later + SECOND)
    assert [it.is_open for it in market.incidents() if it.subject == "old"] == [False]
    assert "Scanned" not in seen.holding, "though it was lively"


def test_a_rate_that_is_declared_of_a_source_is_watched_without_history(market: Market) -> None:
    market.use(SilenceSettings(learn=30 * 24 * HOUR, expect_sources={"bank": 20 * SECOND}))
    market.open("bank", "Paid", steady(3), stops(10))
    market.open("web", "Placed", steady(60), stops(5))
    market.go_on(14)
    assert market.told() == []
    market.go_on(2)
    incident = market.open_incident()
    assert (incident.subject, incident.names) == ("bank", ("Paid",))
    assert incident.expected == "one every 20 s is declared"


def test_less_than_half_of_what_is_declared_is_told(market: Market) -> None:
    market.use(SilenceSettings(learn=30 * 24 * HOUR, expect={"Paid": SECOND}))
    market.open("bank", "Paid", steady(20))
    market.go_on(2)
    incident = market.open_incident()
    assert (incident.subject, incident.expected) == ("Paid", "one every 1 s is declared")
    assert 25 <= incident.percent <= 40


def test_what_has_only_begun_to_come_is_not_few(market: Market) -> None:
    market.use(SilenceSettings(expect={"Paid": SECOND // 2}))
    market.open("web", "Placed", steady(60))
    market.open("bank", "Paid", Kind(lambda *_: lambda minute: 120.0 if minute >= KNOWN + 3 else 0.0))
    market.go_on(15)
    assert market.told() == []


def test_what_is_declared_is_held_from_its_first_events_on(clickhouse: ClickHouse, database: Database) -> None:
    """In a store in which nothing was when the watch began."""
    declared = SilenceSettings(expect={"Seen": SECOND}, expect_sources={"bank": SECOND})
    watch = Watch(replace(SETTINGS, silence=declared), "one")
    watch.look(clickhouse, database, NOW)
    write(clickhouse, [_event("Paid", "bank", NOW + SECOND), _event("Seen", "web", NOW + 2 * SECOND)])
    seen = watch.look(clickhouse, database, NOW + 3 * SECOND)
    assert {name: it.since for name, it in seen.holding.items()} == {"Paid": NOW + SECOND, "Seen": NOW + 2 * SECOND}


def test_beyond_the_limit_names_are_not_watched_but_their_sources_are(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MOST", 3)
    for name in ("Placed", "Paid", "Packed", "Sent"):
        market.open("web", name, steady(60), stops(5) if name == "Paid" else stops(10))
    market.open("till", "Placed", steady(60))
    market.go_on(9)
    assert market.told() == []
    market.go_on(6)
    assert (market.told(), set(market.open_incident().names)) == (["web"], {"Placed", "Paid", "Packed", "Sent"})


def test_names_that_may_fall_silent_are_not_told(market: Market) -> None:
    market.use(SilenceSettings(ignore=("Beat*",)))
    market.open("web", "Beat", steady(60), stops(10))
    market.open("web", "Placed", steady(60))
    market.open("pulse", "Beaten", steady(60), stops(10))
    market.go_on(15)
    assert market.told() == []
