"""The two pages, as text: what is on them, and that nothing hostile gets through."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from api import board, case_filters
from api.app import create_app
from api.rendering import legible
from reconcile.actor import Actor, ActorKind
from reconcile.audit.drainer import Drainer
from reconcile.audit.entry import Entry, record
from rules.verdict import Kind
from store import events
from store.event import DAY, HOUR, MINUTE, SECOND, Event
from tests.api.server import serving
from tests.api.shop import (
    Flag,
    Shop,
    arrived_late,
    cancelled,
    event,
    half_undone,
    orphan,
    out_of_place,
    placed,
    running,
    unpaid,
    unshipped,
)
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.web_server import client_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def get(http: httpx.Client, path: str, status: int = 200) -> str:
    answer = http.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


def listed(page: str) -> list[str]:
    """The correlation IDs of the table, in its order."""
    return [unescape(id) for id in re.findall(r'<a id="case-[^"]*" class="id" href="[^"]*">([^<]*)</a>', page)]


def words(page: str) -> str:
    """The text of a page, without tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_open_cases_come_first_and_the_longest_stuck_on_top(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1", since=NOON - HOUR), unshipped("A-2", since=NOON - DAY), arrived_late("A-3"), running("A-4"))
    assert listed(get(http, "/")) == ["A-2", "A-1"]
    assert listed(get(http, "/?state=resolved")) == ["A-3"]
    assert listed(get(http, "/?state=all")) == ["A-1", "A-3", "A-2"]
    assert "arrived late" in words(get(http, "/?state=resolved"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("workflow=order-fulfilment", ["A-2", "A-1", "B-1"]),
        ("workflow=claims", []),
        ("step=ComplianceCheckDone", ["A-2"]),
        ("owner=payments", ["A-1", "B-1"]),
        ("severity=warning", ["A-2"]),
        ("kind=missing", ["A-2", "A-1", "B-1"]),
        ("sort=risk", ["B-1", "A-1", "A-2"]),
        ("sort=newest", ["B-1", "A-1", "A-2"]),
        ("sort=severity", ["A-1", "B-1", "A-2"]),
        ("q=A-", ["A-2", "A-1"]),
        ("q=A-1", ["A-1"]),
        ("q=a-1", []),
        ("q=%25", []),
        ("q=_-1", []),
        ("q=A-&owner=payments&sort=risk&state=all", ["A-1"]),
        ("state=&workflow=&step=&owner=&severity=&kind=&sort=&q=&after=", ["A-2", "A-1", "B-1"]),
    ],
)
def test_filters_and_sorts_are_in_the_address(http: httpx.Client, shop: Shop, query: str, expected: list[str]) -> None:
    shop.add(unpaid("A-1", since=NOON - HOUR), unshipped("A-2"), unpaid("B-1", since=NOON - HOUR // 2, at_risk=500.0))
    assert listed(get(http, f"/?{query}")) == expected


def test_what_was_chosen_stays_chosen_and_refreshes_with_it(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1"))
    page = get(http, "/?owner=payments&step=Gone&q=A&sort=risk")
    assert '<option value="payments" selected>' in page
    assert '<option value="Gone" selected>' in page, "even if nothing has it any more"
    assert '<option value="risk" selected>' in page
    assert 'value="A"' in page
    assert 'data-hx-get="/?step=Gone&amp;owner=payments&amp;q=A&amp;sort=risk"' in page


def test_a_search_is_as_exact_in_postgresql(any_http: httpx.Client, any_shop: Shop) -> None:
    any_shop.add(unpaid("ä%_'x1"), unpaid("ä%_'x2"), unpaid("Ä%_'x3"), unpaid("a"))
    assert listed(get(any_http, f"/?q={quote(chr(228) + '%_' + chr(39))}")) == ["ä%_'x1", "ä%_'x2"]


def test_of_many_that_begin_alike_the_same_are_listed(
    any_http: httpx.Client, any_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_filters, "FEW", 1)
    any_shop.add(unpaid("ä%_'x1"), unpaid("ä%_'x2"), unpaid("Ä%_'x3"), unpaid("å"), unpaid("a"))
    assert listed(get(any_http, f"/?q={quote(chr(228) + '%_')}")) == ["ä%_'x1", "ä%_'x2"]
    assert listed(get(any_http, f"/?q={quote(chr(229))}")) == ["å"]


def test_more_leads_through_all_of_them(http: httpx.Client, shop: Shop) -> None:
    shop.add(*(unpaid(f"A-{number:03}", since=NOON - DAY + number) for number in range(120)))
    page, read = get(http, "/?owner=payments"), list[str]()
    assert "120 cases match" in words(page)
    assert 'id="first"' not in page
    while True:
        read += listed(page)
        more = re.search(r'id="more" href="([^"]*)"', page)
        if more is None:
            break
        assert "owner=payments" in more[1]
        page = get(http, unescape(more[1]))
        assert 'id="first" href="/?owner=payments"' in page
    assert read == [f"A-{number:03}" for number in range(120)]


def test_the_summary(http: httpx.Client, shop: Shop) -> None:
    shop.add(
        unpaid("A-1", at_risk=1000.0),
        unpaid("A-2", at_risk=234.5),
        replace(unshipped("A-3"), unit="CHF", at_risk=70.0),
        arrived_late("A-4"),
        running("A-5"),
        cancelled("A-6"),
        replace(running("C-1"), workflow="claims"),
    )
    page = words(get(http, "/"))
    assert "Open cases 3 critical 2 warning 1" in page
    assert "At risk 1,234.50 EUR 70 CHF" in page
    assert "claims 1 running" in page
    assert "order-fulfilment 3 incomplete 1 running 1 complete 1 cancelled" in page


def test_numbers_are_fresh_at_every_look(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1"))
    assert "Open cases 1" in words(get(http, "/"))
    shop.add(unpaid("A-2"))
    assert "Open cases 2" in words(get(http, "/"))


def test_what_to_do_when_there_is_nothing(http: httpx.Client, shop: Shop) -> None:
    assert "Send events" in words(get(http, "/"))
    shop.add(running("A-1"))
    assert "All clear" in words(get(http, "/"))
    assert "Nothing has been resolved yet" in words(get(http, "/?state=resolved"))
    assert "No case matches" in words(get(http, "/?owner=nobody"))


def test_what_was_settled_without_its_event_is_not_called_clear(http: httpx.Client, shop: Shop) -> None:
    shop.judge(unpaid("A-1"))
    page = words(get(http, "/"))
    assert "What is still wrong with 1 instance has been settled" in page
    assert "All clear" not in page


def test_nothing_is_called_clear_while_nobody_knows(http: httpx.Client, shop: Shop) -> None:
    shop.clickhouse.command("RENAME TABLE instances TO instances_away")
    page = words(get(http, "/"))
    assert "No case is open How many instances there are is not known" in page
    assert "All clear" not in page


def test_an_order_without_a_case_is_found_by_its_id(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A-1"), arrived_late("A-2"))
    page = get(http, "/?q=A-1")
    assert 'href="/orders/order-fulfilment/A-1"' in page
    assert "No case, but it is known A-1 running order-fulfilment" in words(page)
    assert "/orders/order-fulfilment/A-2" in get(http, "/?q=A-2"), "its case is settled"


def test_times_are_relative_and_exact(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1", since=NOON - 2 * HOUR))
    page = get(http, "/")
    assert '<time datetime="2025-11-20T10:00:00Z" title="2025-11-20 10:00:00 UTC">2 h ago</time>' in page
    assert "Updated 12:00:00 UTC" in words(page)


def test_one_order(http: httpx.Client, shop: Shop) -> None:
    order = unshipped("A-1")
    flag = replace(order.flags[0], description="Parcels leave twice a day.", runbook="https://wiki.example.org/ship")
    shop.add(replace(order, flags=[flag, order.flags[1]], conflicts=2, undated=["ItemShipped"]))
    page = get(http, "/orders/order-fulfilment/A-1")
    text = words(page)
    assert "Order A-1 incomplete" in text
    assert "ItemShipped was due 48 h after PaymentReceived." in text
    assert "ComplianceCheckDone never came." in text
    assert "Parcels leave twice a day." in text
    assert '<a href="https://wiki.example.org/ship" rel="noreferrer">Runbook</a>' in page
    assert "48 EUR" in text
    assert "2 events were sent more than once with different content" in text
    assert "No deadline could be read for ItemShipped" in text
    assert "PaymentReceived on time 2025-11-18 07:00:00 UTC 2025-11-18 07:05:00 UTC on time, 5 min to spare" in text
    assert '"method": "card"' in unescape(page)
    assert "4bf92f3577b34da6a3ce929d0e0e4736 / 00f067aa0ba902b7" in text
    assert page.count('<svg class="timeline') == 2, "for a screen and for a phone"


def test_a_step_out_of_order_or_after_the_end_is_marked_wherever_it_stands(http: httpx.Client, shop: Shop) -> None:
    order = out_of_place("A-1")
    shop.add(order)
    page = get(http, "/orders/order-fulfilment/A-1")
    assert "ItemShipped on time out of order 2025-11-20 08:02:00 UTC 2025-11-22 08:05:00 UTC out of order" in words(
        page
    )
    assert "ComplianceCheckDone not needed after end 2025-11-20 11:00:00 UTC \u2013 after the end" in words(page)
    assert page.count('class="lane is-on_time odd"') == 2, "in both pictures"
    assert page.count('class="lane is-not_needed odd"') == 2
    assert "ItemShipped: out of order; ComplianceCheckDone: after the end" in page
    shop.judge(replace(order, flags=[replace(flag, open=False) for flag in order.flags]))
    assert " odd" not in get(http, "/orders/order-fulfilment/A-1"), "what is closed marks nothing"


def test_an_order_of_which_half_is_undone(http: httpx.Client, shop: Shop) -> None:
    shop.add(half_undone("H"))
    page = words(get(http, "/orders/order-fulfilment/H"))
    assert "What is wrong half undone The order is half undone" in page, "before what is wrong with single steps"
    assert "FraudChecked failed" in page and "failed 7 h 30 min ago" in page
    assert "InvoiceSent on time duplicate" in page
    assert "LabelPrinted on time mismatch" in page
    assert "not needed, 2 of 3" in page
    assert "eve@shop confirmed that StockReserved happened: seen on the shelf testimony" in page
    assert "eve@shop said that FraudChecked did not happen testimony" in page


def test_an_orphan_shows_its_events_and_no_timeline(http: httpx.Client, shop: Shop) -> None:
    shop.add(orphan("O"))
    page = words(get(http, "/orders/order-fulfilment/O"))
    assert "orphan It has events and no beginning." in page
    assert "Timeline" not in page and "Started" not in page
    assert "PaymentReceived payments" in page


def test_a_step_whose_deadline_is_near_says_so(http: httpx.Client, shop: Shop) -> None:
    shop.add(replace(running("R"), warned={"ItemShipped": NOON - MINUTE}))
    page = words(get(http, "/orders/order-fulfilment/R"))
    assert "ItemShipped pending due soon" in page


def test_what_nobody_asks_for_any_more_says_so(http: httpx.Client, shop: Shop) -> None:
    flag = Flag("Gone", "missing", NOON - HOUR, open=False, closed_because="rule_removed")
    shop.add(replace(running("R"), flags=[flag]))
    assert "for the rule was removed" in words(get(http, "/orders/order-fulfilment/R"))


def test_every_kind_can_be_chosen(http: httpx.Client, shop: Shop) -> None:
    shop.add(half_undone("H"), unpaid("U"))
    page = get(http, "/?kind=half_undone")
    assert all(f'<option value="{kind}"' in page for kind in Kind)
    assert "H" in words(page) and "/orders/order-fulfilment/U" not in page


def test_a_case_is_open_for_a_span(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1", since=NOON - 2 * MINUTE - 46 * SECOND))
    assert "Case open for 2 min 46 s" in words(get(http, "/orders/order-fulfilment/A-1"))


def test_nothing_is_in_short_what_the_state_says(http: httpx.Client, shop: Shop) -> None:
    shop.add(unpaid("A-1"), running("A-2"), cancelled("A-3"))
    assert "ItemShipped waiting \u2013 \u2013 ComplianceCheckDone" in words(get(http, "/orders/order-fulfilment/A-1"))
    assert "ComplianceCheckDone skipped \u2013 \u2013 Events" in words(get(http, "/orders/order-fulfilment/A-2"))
    assert "UTC Events" in words(get(http, "/orders/order-fulfilment/A-3")), "behind the deadline of the last step"


def test_the_timeline_begins_with_the_start_event_where_it_is_known(http: httpx.Client, shop: Shop) -> None:
    known, start = running("A-1"), NOON - 5 * MINUTE
    at_once = event("A-2", "PaymentReceived", start)
    either = [placed("A-3", start), event("A-3", "Noted", start)]
    shop.add(
        known,
        replace(running("A-2"), history=[placed("A-2", start), at_once]),
        replace(running("A-3"), history=either),
        replace(running("A-4"), history=[]),
    )
    for order, name in (("A-1", "OrderPlaced"), ("A-2", "OrderPlaced"), ("A-3", "start"), ("A-4", "start")):
        page = get(http, f"/orders/order-fulfilment/{order}")
        assert page.count(f"<title>{name}: 11:55:00 UTC</title>") == 2, order


def test_the_count_of_all_open_cases_is_that_of_the_summary(
    http: httpx.Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add(*(unpaid(f"A-{number}") for number in range(4)))
    monkeypatch.setattr(board, "COUNTED", 2)
    assert "<b>4</b> cases</span>" in get(http, "/")
    assert "<b>2+</b> cases match</span>" in get(http, "/?owner=payments")
    assert "<b>2+</b> cases</span>" in get(http, "/?state=all")


def test_what_is_settled_is_told_apart(http: httpx.Client, shop: Shop) -> None:
    shop.add(arrived_late("A-1"))
    page = get(http, "/orders/order-fulfilment/A-1")
    assert "Noted late ItemShipped" in words(page)
    assert "What was wrong missing ItemShipped" in words(page)
    assert "data-hx-get" not in page, "nothing of it changes any more"
    shop.add(running("A-2"))
    assert "data-hx-get" in get(http, "/orders/order-fulfilment/A-2")


def test_an_order_known_by_its_events_alone(http: httpx.Client, shop: Shop) -> None:
    events.write(shop.clickhouse, [event("A-1", "PaymentReceived", NOON)])
    page = get(http, "/orders/order-fulfilment/A-1")
    assert "No instance of order-fulfilment has this correlation ID" in words(page)
    assert "PaymentReceived payments" in words(page)
    assert "<svg" not in page


def test_an_unknown_order_is_a_404_that_helps(http: httpx.Client, shop: Shop) -> None:
    page = get(http, f"/orders/order-fulfilment/{quote(HOSTILE, safe='')}", 404)
    assert "Nothing is known of" in words(page)
    assert "<img" not in page.split("<main")[1]
    shop.judge(replace(running("A-1"), workflow="claims"))
    page = get(http, "/orders/order-fulfilment/A-1", 404)
    assert 'href="/orders/claims/A-1"' in page


def test_an_order_of_two_workflows_names_the_other(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A-1"), replace(unpaid("A-1"), workflow="claims"))
    assert '<a href="/orders/claims/A-1">claims</a> (incomplete)' in get(http, "/orders/order-fulfilment/A-1")


def test_a_long_history_comes_in_pages(http: httpx.Client, shop: Shop) -> None:
    many = [Event(f"{number:04}", "A-1", "Ping", NOON + number, "shop") for number in range(501)]
    shop.add(replace(running("A-1"), history=many))
    page = get(http, "/orders/order-fulfilment/A-1")
    assert page.count('class="event"') == 200
    assert "1 to 200 of 501" in words(page)
    assert 'href="/orders/order-fulfilment/A-1?event=201#events-title"' in page
    last = get(http, "/orders/order-fulfilment/A-1?event=401")
    assert (last.count('class="event"'), "401 to 501 of 501" in words(last)) == (101, True)
    assert "There are only 501 events" in words(get(http, "/orders/order-fulfilment/A-1?event=900"))
    assert len(http.get("/v1/instances/order-fulfilment/A-1").json()["events"]) == 501


def test_an_event_leads_to_its_cause_and_to_its_trace(shop: Shop, clock: ManualClock) -> None:
    shop.add(unshipped("A-2"))
    app = create_app(shop.clickhouse, shop.database, clock, trace_url="https://traces/{trace_id}?span={span_id}")
    with serving(app) as address, client_of(address) as http:
        page = get(http, "/orders/order-fulfilment/A-2")
    assert 'caused by <a href="#event-1">OrderPlaced</a>' in page
    assert 'href="https://traces/4bf92f3577b34da6a3ce929d0e0e4736?span=00f067aa0ba902b7"' in page


def test_without_an_address_of_traces_there_are_no_links(http: httpx.Client, shop: Shop) -> None:
    shop.add(unshipped("A-2"))
    assert 'class="trace"' not in get(http, "/orders/order-fulfilment/A-2")


def test_what_was_done_shows_also_where_there_is_no_case(http: httpx.Client, shop: Shop) -> None:
    shop.add(running("A-1"))
    actor = Actor(ActorKind.PERSON, "anna")
    with shop.database.begin() as connection:
        entry = Entry("events.redacted", actor, "asked to be forgotten", correlation_id="A-1")
        record(connection, [entry], NOON)
    Drainer(shop.clickhouse, shop.database, "one", DAY).step(NOON)
    page = words(get(http, "/orders/order-fulfilment/A-1"))
    assert "asked to be forgotten" in page and "All of it in the audit trail" in page


def test_nothing_hostile_gets_through(http: httpx.Client, shop: Shop) -> None:
    order, workflow = unpaid(HOSTILE), HOSTILE.replace("/", "")
    flag = replace(order.flags[0], sentence=HOSTILE, description=HOSTILE, runbook="javascript:alert(3)")
    evil = Event(
        HOSTILE, HOSTILE, HOSTILE, NOON, HOSTILE, f'{{"</pre>{HOSTILE[:20]}": "<u>"}}', HOSTILE, HOSTILE, HOSTILE
    )
    shop.add(
        replace(order, flags=[flag], history=[evil], unit=HOSTILE, customer=HOSTILE, noun=HOSTILE, workflow=workflow)
    )
    place = f"/orders/{quote(workflow, safe='')}/{quote(HOSTILE, safe='')}"
    for path in ("/", "/?state=all", f"/?q={quote(HOSTILE)}", f"/?owner={quote(HOSTILE)}", place):
        page = get(http, path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<u>" not in page
        assert 'href="javascript' not in page
        assert HOSTILE in unescape(page)
    assert "runbook: javascript:alert(3)" in words(get(http, place)), "shown, but no link"


def test_odd_attributes_are_shown_as_they_are(http: httpx.Client, shop: Shop) -> None:
    sent = '{"n": 1.10, "big": 12345678901234567890123, "deep": {"a": []}}'
    shop.add(replace(running("A-1"), history=[event("A-1", "OrderPlaced", NOON, sent)]))
    page = unescape(get(http, "/orders/order-fulfilment/A-1"))
    assert '"n": 1.10,\n  "big": 12345678901234567890123,' in page


def test_letters_of_attributes_are_shown_for_their_escapes(http: httpx.Client, shop: Shop) -> None:
    sent = r'{"name": "Anna M\u00fcller \ud83d\ude00", "path": "a\/b", "evil": "\u003cimg src=x\u003e"}'
    stays = r'{"code": "\\u00fc", "quote": "\u0022", "unseen": "\u202e\u0000"}'
    shop.add(replace(running("A-1"), history=[event("A-1", "a", NOON, sent), event("A-1", "b", NOON, stays)]))
    page = get(http, "/orders/order-fulfilment/A-1")
    assert "<img src=x" not in page
    text = unescape(page)
    assert '"name": "Anna Müller 😀", "path": "a/b", "evil": "<img src=x>"</code></summary>' in text
    assert '"name": "Anna Müller 😀",\n  "path": "a/b",' in text
    assert stays[1:-1] + "</code></summary>" in text
    assert '"code": "\\\\u00fc",\n  "quote": "\\u0022",' in text


@pytest.mark.parametrize("text", [r'{"a": "\u00g"', r"\u", "\\", r'"\ud83d\u0041"', r"\u12"])
def test_what_is_no_escape_is_shown_as_it_is(text: str) -> None:
    assert legible(text) == text.replace(r"\u0041", "A")


def test_huge_attributes_are_cut(http: httpx.Client, shop: Shop) -> None:
    sent = '{"a": "' + "x" * 200_000 + '"}'
    shop.add(replace(running("A-1"), history=[event("A-1", "OrderPlaced", NOON, sent)]))
    page = get(http, "/orders/order-fulfilment/A-1")
    assert len(page) < 50_000
    assert "cut off here" in page


def test_the_clock_moves_the_page(http: httpx.Client, shop: Shop, clock: ManualClock) -> None:
    shop.add(unpaid("A-1", since=NOON - HOUR))
    clock.sleep(3600)
    assert "missing for 2 h" in words(get(http, "/orders/order-fulfilment/A-1"))
    assert "2 h ago" in words(get(http, "/"))
