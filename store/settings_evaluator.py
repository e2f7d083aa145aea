"""How judging is done (`evaluator` in the settings)."""

from dataclasses import dataclass

from store.event import MINUTE, SECOND
from store.settings_silence import UNDECLARED, SilenceSettings
from store.shard import ALONE, Shard


@dataclass(frozen=True, slots=True)
class EvaluatorSettings:
    """Times in µs. An insert takes at most `insert_timeout`, which is below the `overlap` of two ticks. A sweep of all
    `sweep_slices` slices takes one of them every `sweep_every`. `batch`: most correlation IDs judged by one query.
    `retention`: how long after its start an instance is judged; `None`: for ever. What a rule has judged is counted by
    stretches of `stretch`, for the audit trail. A collector that does not get on holds judgement for `hold_at_most`.
    A correlation ID that has more than `most_events` is judged no more. Judging that is more than `lag_at_most` behind
    does not keep up. The work is divided into `shares`, of which this process takes those of its `shard`. `stories`:
    those beside the rules are played when they change."""

    tick: int
    overlap: int
    insert_timeout: int
    sweep_every: int
    sweep_slices: int
    batch: int
    retention: int | None = None
    stretch: int = 10 * MINUTE
    hold_at_most: int = 15 * MINUTE
    most_events: int = 10_000
    lag_at_most: int = 30 * SECOND
    shares: int = 1
    shard: Shard = ALONE
    stories: bool = True
    silence: SilenceSettings = UNDECLARED
