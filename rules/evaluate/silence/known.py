"""What is known of each stream: when it was heard last, how much came lately, and what is usual of it."""

import logging
from collections.abc import Iterable, Mapping

from rules.evaluate.silence import arrivals
from rules.evaluate.silence.arrivals import Level
from rules.evaluate.silence.flow import Counts, Flow, declared_flow, is_scarce, may_become_scarce, usual_flow
from rules.evaluate.silence.senders import EVERYTHING, Senders, senders
from rules.evaluate.silence.usual import Usual, declared, is_expected, learned
from rules.evaluate.silence.window import USED_FOR, Window, days_known, is_free
from store.clickhouse import ClickHouse
from store.event import DAY, HOUR, MINUTE, SECOND
from store.incidents import Incident, Stream
from store.settings_silence import SilenceSettings

MOST = 5_000  # sources, names, and names of sources, that are watched
_EASY = 500  # streams: for so few it costs nothing to look often, and to learn all anew every minute
_HEARD_AT_FIRST, _HEARD_ANEW = 10 * MINUTE, 30 * SECOND  # what is accepted may become visible later
_MEET_EVERY = HOUR
GONE = 7 * DAY  # what was not heard for so long is not expected any more
_NO_LONGER_UNUSUAL = DAY  # after which what is during an incident is learned from

_NAMES, _SOURCES = Level(source=False, name=True), Level(source=True, name=False)
_ALL, _PAIRS = Level(source=False, name=False), Level(source=True, name=True)

log = logging.getLogger(__name__)


class Known:
    """`usual` and `flows` of the streams that are watched, as far as anything is; `last` and `behind` as `Heard`."""

    def __init__(self, settings: SilenceSettings) -> None:
        self._settings = settings
        self.senders = Senders()
        self.usual: dict[Stream, Usual] = {}
        self.flows: dict[Stream, Flow] = {}
        self.counts: Mapping[Stream, Counts] = {}
        self.last: dict[Stream, int] = {}
        self.behind: dict[Stream, int] = {}
        self._declared = _declared(settings)
        self._recent: dict[Stream, Window] = {}
        self._levels: tuple[Level, ...] = (_ALL, _SOURCES, _NAMES)
        self._heard_at = self._counted_at = self._learned_at = self._met_at = 0

    def listen(self, clickhouse: ClickHouse, now: int) -> None:
        """What was heard until `now` (µs UTC); of what is new all is learned at once. Raises StoreUnavailable."""
        since = self._heard_at - _HEARD_ANEW if self._heard_at else now - _HEARD_AT_FIRST
        heard = arrivals.heard(clickhouse, self._levels, since, now)
        if self.is_easy and not heard.keys() <= self.last.keys():
            self._counted_at = 0
        for stream, it in heard.items():
            self.last[stream] = max(it.last, self.last.get(stream, 0))
            self.behind[stream] = max(it.behind, self.behind.get(stream, 0))
        self._heard_at = now

    @property
    def is_easy(self) -> bool:
        """Whether there are few."""
        return len(self.counts) <= _EASY

    def is_due(self, now: int) -> bool:
        """Whether there is more to learn."""
        return not 0 <= now - self._counted_at < MINUTE

    def learn(self, clickhouse: ClickHouse, incidents: Iterable[Incident], now: int) -> None:
        """What is usual; what came in the time of an incident is not. Raises StoreUnavailable."""
        if self.is_easy or not 0 <= now - self._met_at < _MEET_EVERY:
            self._meet(clickhouse, now)
            self._met_at = now
        self.counts = arrivals.counted(clickhouse, self._levels, now)
        if self.is_easy or not 0 <= now - self._learned_at < USED_FOR * MINUTE:
            self._study(clickhouse, list(incidents), now)
            self._learned_at = now
        self._counted_at = now

    def is_declared(self, stream: Stream) -> bool:
        return stream in self._declared

    def gap(self, stream: Stream, now: int) -> int:
        """For how long (µs) nothing was heard; 0 where that is unknown."""
        return now - self.last[stream] if stream in self.last else 0

    def is_silent(self, stream: Stream, now: int) -> bool:
        return stream in self.usual and self.usual[stream].patience < self.gap(stream, now) < GONE

    def is_scarce(self, stream: Stream) -> bool:
        return stream in self.flows and stream in self.counts and is_scarce(self.flows[stream], self.counts[stream])

    def may_become_scarce(self, stream: Stream) -> bool:
        told = stream in self.flows and stream in self.counts
        return told and may_become_scarce(self.flows[stream], self.counts[stream])

    def _meet(self, clickhouse: ClickHouse, now: int) -> None:
        """Who sends what, and so what can be watched."""
        sent = arrivals.sent(clickhouse, now)
        self.senders = senders((it.source, it.name) for it in sent)
        for it in sent:
            for stream in (EVERYTHING, Stream(it.source), Stream(name=it.name), Stream(it.source, it.name)):
                self.last[stream] = max(it.last, self.last.get(stream, 0))
        pairs = sum(self.senders.is_of_its_own(Stream(it.source, it.name)) for it in sent)
        counts = {_SOURCES: len(self.senders.names), _NAMES: len(self.senders.sources), _PAIRS: pairs}
        wanted = {level for level, count in counts.items() if count <= MOST} - (set() if pairs else {_PAIRS})
        levels = (_ALL, *(level for level in counts if level in wanted))
        if levels != self._levels and max(counts.values()) > MOST:
            log.warning("evaluator: silence is not told of each of more than %d sources, or event names", MOST)
        if levels != self._levels:
            self._levels, self._heard_at = levels, 0
            self.listen(clickhouse, now)

    def _study(self, clickhouse: ClickHouse, incidents: list[Incident], now: int) -> None:
        self.usual |= {stream: declared(it) for stream, it in self._declared.items()}
        flows = {stream: declared_flow(it) for stream, it in self._declared.items()}
        first = arrivals.first(clickhouse)
        if first is not None and now - first >= self._settings.learn:
            past = arrivals.history(clickhouse, self._levels, days_known(now, first), now, first)
            for stream in [it for it in past if self._is_watched(it)]:
                spans = [_span(it, now) for it in incidents if self._concerns(it, stream)]
                windows = {day: window for day, window in past[stream].items() if is_free(now, day, spans)}
                self._learn_of(stream, windows, now)
                flows[stream] = usual_flow(windows)
        self.flows = {stream: flow for stream, flow in flows.items() if flow is not None}

    def _learn_of(self, stream: Stream, windows: dict[int, Window], now: int) -> None:
        """Of one that is silent, what was usual before it was."""
        before = self.usual.get(stream)
        if stream in self._recent and before is not None and 2 * self.gap(stream, now) > before.patience:
            windows[0] = self._recent[stream]
        elif 0 in windows:
            self._recent[stream] = windows[0]
        usual = learned(windows)
        if usual is not None:
            self.usual[stream] = usual
        elif self.gap(stream, now) < MINUTE or not is_expected(windows):
            self.usual.pop(stream, None)

    def _is_watched(self, stream: Stream) -> bool:
        if self.is_declared(stream) or not self.senders.is_of_its_own(stream):
            return False
        names = self.senders.names_of(stream)
        return stream == EVERYTHING or any(map(self._settings.heeds, names))

    def _concerns(self, incident: Incident, stream: Stream) -> bool:
        return any(self.senders.have_common(it, stream) for it in incident.streams)


def _span(it: Incident, now: int) -> tuple[int, int]:
    return it.since, min(it.ended_at or now, it.since + _NO_LONGER_UNUSUAL)


def _declared(settings: SilenceSettings) -> dict[Stream, int]:
    names = {Stream(name=name): it for name, it in settings.expect.items() if settings.heeds(name)}
    return names | {Stream(source): it for source, it in settings.expect_sources.items()}
