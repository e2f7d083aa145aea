"""The evaluator and the rules that it judges by, wired: the rules may change while it runs."""

from dataclasses import dataclass

from noshow import playing
from noshow.errors import InvalidRules
from noshow.stores import Stores
from rules.evaluate.backlog import applied
from rules.evaluate.evaluators import Evaluators
from rules.evaluate.report import Reporter
from rules.live.live import Keeper, LiveRules
from rules.live.player import Player
from rules.live.record import Record
from store.settings import Settings
from store.shares import Share


@dataclass(frozen=True, slots=True)
class Judging:
    """Loops: `evaluators` judge, `keeper` gives them the rules that are in force, and `player` plays the stories beside
    them, unless settings say otherwise. `reporter` is to be put around each tick."""

    evaluators: Evaluators
    keeper: Keeper
    player: Player | None
    reporter: Reporter

    @classmethod
    def build(cls, opened: Stores, live: LiveRules, settings: Settings) -> "Judging":
        """Raises InvalidRules where there are no rules any more, and StoreError."""
        known = [] if live.rules else applied(opened.database)
        if known:
            raise InvalidRules(
                f"{settings.rules}: there is no rule file here, but {_some(known)} in force: without a rule every case "
                "would be closed. Put the rules back, or begin with empty stores"
            )
        evaluators = Evaluators(opened.clickhouse, opened.database, live.rules, settings.evaluator, opened.holder)
        first = Share(settings.evaluator.shares).lease
        record = Record(opened.database, first, opened.holder)
        player = Player(settings.rules, playing.apart, opened.database, first, opened.holder)
        reporter = Reporter(opened.database, opened.holder, settings.evaluator.lag_at_most)
        keeper = Keeper(live, evaluators, record, settings.evaluator)
        return cls(evaluators, keeper, player if settings.evaluator.stories else None, reporter)


def _some(names: list[str]) -> str:
    return f"{names[0]} was" if len(names) == 1 else f"{names[0]} and {len(names) - 1} more were"
