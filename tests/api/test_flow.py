"""How instances go from step to step, from ClickHouse."""

from dataclasses import replace

from api.flow import Edge, Flow, Flows, FlowsKept, flows
from api.flow_graph import flow_graph
from rules.expression import START
from rules.graph.svg import drawing
from rules.spec import Workflow
from store.event import DAY, HOUR, MINUTE, SECOND
from tests.api.shop import Order, Shop, running, unpaid
from tests.conftest import NOON
from tests.rules.shop import FULFILMENT
from tests.store.clock import ManualClock


def came(id: str, paid_after: int, shipped_after: int, start: int = NOON - DAY) -> Order:
    paid = start + paid_after
    return Order(
        id,
        "complete",
        start,
        [("PaymentReceived", "on_time", paid, None), ("ItemShipped", "late", paid + shipped_after, None)],
    )


def look(shop: Shop, workflow: Workflow = FULFILMENT) -> Flows:
    return flows(shop.clickhouse, workflow, "7d", NOON)


def edge(flow: Flow, source: str, target: str) -> Edge:
    return next(it for it in flow.edges if (it.source, it.target) == (source, target))


def test_how_long_it_took_from_each_step_to_the_next(shop: Shop) -> None:
    shop.judge(*(came(f"order-{it}", it * SECOND, HOUR) for it in range(1, 102)))
    paid = edge(look(shop).now, START, "PaymentReceived")
    assert (paid.passed, paid.p50) == (101, 51 * SECOND)
    assert paid.p95 is not None and abs(paid.p95 - 96 * SECOND) < SECOND
    assert edge(look(shop).now, "PaymentReceived", "ItemShipped").p50 == HOUR


def test_nothing_is_said_of_a_way_that_nothing_went(shop: Shop) -> None:
    shop.judge(unpaid("a"))
    assert edge(look(shop).now, "PaymentReceived", "ItemShipped") == Edge("PaymentReceived", "ItemShipped")


def test_an_effect_before_its_cause_took_no_time(shop: Shop) -> None:
    shop.judge(came("a", MINUTE, -HOUR))
    assert edge(look(shop).now, "PaymentReceived", "ItemShipped").p50 == 0


def test_each_step_tells_how_many_are_where(shop: Shop) -> None:
    shop.judge(running("a"), unpaid("b"), came("c", MINUTE, HOUR))
    stages = {it.step: it for it in look(shop).now.stages}
    assert stages["PaymentReceived"].states == {"on_time": 2, "missing": 1}
    assert (stages["ItemShipped"].came, stages["ItemShipped"].has("pending")) == (1, 1)
    assert look(shop).now.began == 3


def test_a_step_that_a_version_did_not_have_is_not_counted(shop: Shop) -> None:
    shop.judge(came("a", MINUTE, HOUR))
    [of_checks] = [it for it in look(shop).now.stages if it.step == "ComplianceCheckDone"]
    assert of_checks.came == 0


def test_what_began_in_the_span_before_is_told_apart_and_older_not_at_all(shop: Shop) -> None:
    week, older = came("b", MINUTE, HOUR, NOON - 8 * DAY), came("c", MINUTE, HOUR, NOON - 15 * DAY)
    shop.judge(came("a", HOUR, HOUR), week, older, replace(running("d"), workflow="claims"))
    found = look(shop)
    assert (found.now.began, found.before.began) == (1, 1)
    assert edge(found.before, START, "PaymentReceived").p50 == MINUTE


def test_each_workflow_and_span_is_kept_by_itself(shop: Shop, clock: ManualClock) -> None:
    shop.judge(running("a", start=NOON - 2 * HOUR))
    kept = FlowsKept(shop.clickhouse, clock)
    found = [kept.get(FULFILMENT, span) for span in ("1h", "7d")]
    assert [it and it.now.began for it in found] == [0, 1]


def test_the_picture_has_counts_times_and_where_it_is_stuck(shop: Shop) -> None:
    shop.judge(unpaid("a"), came("b", MINUTE, HOUR))
    picture = drawing(flow_graph(FULFILMENT, look(shop).now, {"PaymentReceived": 1}))
    for words in ("2 began", "1 came", "1 missing", "1 stuck here", ">1 min<", "within 15 min"):
        assert words in picture
    assert '<a href="/?workflow=order-fulfilment&amp;step=PaymentReceived">' in picture
    assert "<style" not in picture, "a page's policy refuses it"


def test_names_in_the_picture_are_escaped(shop: Shop) -> None:
    step = replace(FULFILMENT.steps[0], name="<b>&\"'")
    picture = drawing(flow_graph(replace(FULFILMENT, steps=(step,)), look(shop).now, {step.name: 1}))
    assert "<b>" not in picture
