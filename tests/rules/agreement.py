"""The engine beside the oracle: what each says of the same events, and in what they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from rules.held import NOTHING_HELD, Holding
from rules.judge import judge
from rules.ruleset import Lives
from rules.spec import Workflow
from rules.verdict import Answer, Unopened, Verdict
from store.clickhouse import ClickHouse
from store.event import Event
from store.events import write
from tests.rules import oracle
from tests.rules.shrink import Example


def judge_all(
    clickhouse: ClickHouse,
    workflow: Workflow,
    sets: Mapping[str, Sequence[Event]],
    as_of: int,
    lives: Lives,
    holding: Holding = NOTHING_HELD,
) -> dict[str, Answer]:
    """What the engine says of many correlation IDs at once, from a table that holds only their events.

    The events come in two inserts, so that copies of one lie in parts that nothing has merged.
    """
    events = [event for set_ in sets.values() for event in set_]
    clickhouse.command("TRUNCATE TABLE events")
    for half in filter(None, (events[::2], events[1::2])):
        write(clickhouse, half)
    answers = list(judge(clickhouse, workflow, as_of, lives=lives, holding=holding))
    names = [answer.correlation_id for answer in answers]
    assert names == sorted(set(names), key=str.encode)
    return {answer.correlation_id: answer for answer in answers}


def judge_one(clickhouse: ClickHouse, example: Example) -> tuple[Answer | None, Answer | None]:
    """The oracle's answer and the engine's."""
    name = example.events[0].correlation_id if example.events else ""
    asked = example.as_of, example.lives, example.holding
    answers = judge_all(clickhouse, example.workflow, {name: example.events}, *asked)
    return oracle.judge(example.workflow, example.events, *asked), answers.get(name)


def differences(wanted: Answer | None, got: Answer | None) -> list[str]:
    """What differs, a line each; an ID of which nothing is to be said may also be `Unopened` for ever."""
    if isinstance(got, Unopened) and got.wake_at is None:
        got = None
    if not isinstance(wanted, Verdict) or not isinstance(got, Verdict):
        return [] if wanted == got else [f"oracle {wanted}\nengine {got}"]
    pairs = ((field.name, getattr(wanted, field.name), getattr(got, field.name)) for field in fields(Verdict))
    return [f"{name}: oracle {a}\n{name}: engine {b}" for name, a, b in pairs if name != "digest" and a != b]
