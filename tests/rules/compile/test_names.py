"""Names from a rule in the compiled SQL: quoted whatever is in them, and never taken for a column of our own."""

import pytest

from rules.expression import START, Attribute, Binary, Literal
from rules.judge import judge
from rules.spec import Step, Workflow
from store.clickhouse import ClickHouse
from store.event import HOUR, MINUTE, SECOND, Event
from store.events import write
from tests.rules import oracle
from tests.rules.shop import NOON, event, named

NAMES = [
    ["`", "a`b", "\\", "a\\", "\\`", "'", '"'],
    ["{x:String}", "{p0:String}", "a:b", "%s", "%(p0)s", "100%", "$tag$", "a;b"],
    ["--", "x -- y", "/*", "*/ x", "# c", "; DROP TABLE events", "FORMAT Null", "ü ☃ \u2028"],
    ["starts", "exists", "cancels", "ends", "last", "next_event", "over", "cancelled", "wake_at", "digest"],
    ["correlation_id", "micros", "events", "copy", "stored", "t", "f", "p", "e", "n", "element", "*", "NULL"],
    ["start:at", "start:attributes", "x", "x:at", "x:at:at", "x:is", "x:due", "x:state"],
    ["is:x", "x:at", "x", "is:x:at", "x:is", "x:is:at", "x:attributes", "is:x:attributes", "x:attributes:is"],
]


@pytest.mark.parametrize("names", NAMES, ids=range(len(NAMES)))
def test_names_are_only_names(clickhouse: ClickHouse, names: list[str]) -> None:
    workflow = Workflow(
        "names",
        named("Placed"),
        tuple(step(name, before) for name, before in zip(names, [START, *names], strict=False)),
        cancel=named(f"no {names[0]}"),
        ends_on=named(f"no {names[-1]}"),
        customer=Attribute(names[0], ("known",)),
    )
    events = [event("a", "Placed", 0, '{"known": true}'), *(happened(*it) for it in enumerate(names[:-1], start=1))]
    write(clickhouse, events)
    [judged] = judge(clickhouse, workflow, NOON + HOUR)
    assert judged == oracle.judge(workflow, events, NOON + HOUR)


def step(name: str, before: str) -> Step:
    known = Binary("==", Attribute(before, ("known",)), Literal(True))
    return Step(name, named(name), after=(before,), within=MINUTE, when=known if len(name) % 2 else None)


def happened(place: int, name: str) -> Event:
    return event("a", name, place * SECOND, '{"known": true}', id=f"event-{place}")
