"""The case on the page of its order, and the forms that move it."""

import re
from collections.abc import Mapping
from html import unescape

import httpx
import pytest

from api.access.identity import Scope
from store.event import HOUR
from tests.api.person import PAGE, Person, signed_in, words
from tests.api.shop import Shop, arrived_late, case_id, unpaid, unshipped
from tests.conftest import NOON

ORDER = "/orders/order-fulfilment/A-1"
CASE = f"/cases/{case_id(unpaid('A-1'))}"


@pytest.fixture(autouse=True)
def order(shop: Shop) -> None:
    shop.add(unpaid("A-1"))


def case(http: httpx.Client) -> dict[str, object]:
    answer: dict[str, object] = http.get(f"/v1{CASE}").json()
    return answer


def test_the_address_of_a_message_leads_to_its_order(http: httpx.Client) -> None:
    answer = http.get(CASE)
    assert (answer.status_code, answer.headers["location"]) == (303, ORDER)
    assert http.get("/cases/none-of-these", headers=PAGE).status_code == 404


def test_it_says_how_the_case_stands(maria: Person) -> None:
    page = words(maria.get(ORDER))
    assert "Case open for 1 h critical" in page
    assert "Assignee nobody Owner payments Stuck since 1 h ago At risk 129.90 EUR customer_id C-77" in page


def test_one_press_claims_and_one_acknowledges(maria: Person, http: httpx.Client) -> None:
    page = maria.send(f"{CASE}/assign", assignee="me", revision="0")
    assert "Assigned." in words(page) and "Assignee maria" in words(page) and "Let go" in words(page)
    page = maria.send(f"{CASE}/acknowledge", revision="1")
    assert "Acknowledged. Order" in words(page)
    assert "Case acknowledged just now by maria" in words(page)
    assert (case(http)["state"], case(http)["assignee"]) == ("acknowledged", "maria")


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("1h", "2025-11-20 13:00:00 UTC"),
        ("2025-11-21T09:00:00Z", "2025-11-21 09:00:00 UTC"),
        ("2d", "2025-11-22 12:00:00 UTC"),
    ],
)
def test_it_is_snoozed(maria: Person, until: str, told: str) -> None:
    assert f'name="until" value="{until}"' in maria.get(ORDER) or until == "2d"
    page = words(maria.send(f"{CASE}/snooze", until=until, note="the bank is down"))
    assert f"Case snoozed until {told} by maria" in page
    assert "“the bank is down”" in page


def test_it_is_resolved_with_a_reason_and_a_note_and_opened_again(maria: Person) -> None:
    page = words(maria.send(f"{CASE}/resolve", reason="fixed", note="paid by hand\r\ncharge ch_77", revision="0"))
    assert "Resolved. Order A-1" in page
    assert "Case resolved as fixed, just now by maria" in page
    assert "What is wrong The case is settled." in page, "it is still missing"
    assert "“paid by hand charge ch_77”" in page
    assert "Claim" not in page
    page = words(maria.send(f"{CASE}/reopen", note="it bounced", revision="1"))
    assert "Case open for 1 s by maria" in page


def test_a_comment_is_kept(maria: Person, http: httpx.Client) -> None:
    assert "Your comment was added." in words(maria.send(f"{CASE}/comment", text="asked <the> bank"))
    assert "asked <the> bank" in words(maria.get(ORDER))
    [said] = http.get(f"/v1{CASE}").json()["comments"]
    assert (said["actor"], said["text"]) == ("maria", "asked <the> bank")


@pytest.mark.parametrize(
    ("move", "sent", "told"),
    [
        ("resolve", {"reason": "fixed"}, "note"),
        ("resolve", {"note": "paid"}, "reason"),
        ("resolve", {"reason": "arrived_late", "note": "paid"}, "reason should be 'confirmed_at_source', "),
        ("snooze", {"until": "soon"}, "until"),
        ("snooze", {"until": "2025-11-20T11:00:00Z"}, "is past"),
        ("assign", {}, "assignee"),
        ("acknowledge", {"revison": "0"}, "revison is unknown (did you mean revision?)"),
        ("comment", {}, "text"),
    ],
)
def test_what_makes_no_sense_is_told_on_the_page_which_keeps_it(
    maria: Person, http: httpx.Client, move: str, sent: Mapping[str, str], told: str
) -> None:
    page = maria.send(f"{CASE}/{move}", 400, **sent)
    alert = re.search(r'role="alert">([^<]*)<', page)
    assert alert and told in unescape(alert[1])
    assert all(text in page for name, text in sent.items() if name in ("note", "until"))
    assert case(http)["state"] == "open"


def test_who_comes_too_late_hears_who_did_what_and_when(maria: Person, eve: Person) -> None:
    maria.get(ORDER), eve.get(ORDER)
    maria.send(f"{CASE}/resolve", reason="fixed", note="paid by hand", revision="0")
    page = eve.send(f"{CASE}/resolve", 409, reason="accepted", note="small sum", revision="0")
    assert "Not done: maria resolved it at 12:00 UTC as fixed: paid by hand." in words(page)
    assert "Case resolved as fixed" in words(page)


def test_what_has_changed_since_one_looked_is_not_settled_unseen(maria: Person, eve: Person) -> None:
    eve.send(f"{CASE}/acknowledge", revision="0")
    page = maria.send(f"{CASE}/resolve", 409, reason="fixed", note="paid by hand", revision="0")
    assert "it has changed since you looked, and is at revision 1: eve acknowledged it at 12:00 UTC" in words(page)
    assert ">paid by hand</textarea>" in page and '<option value="fixed" selected>' in page
    assert 'name="revision" value="1"' in page, "so that it can be sent again"


def test_without_a_session_the_case_can_be_read_and_nothing_pressed(http: httpx.Client) -> None:
    page = http.get(ORDER, headers=PAGE).text
    assert "Case open for 1 h" in words(page)
    assert f'<a href="/sign-in?next={ORDER.replace("/", "%2F")}">Sign in</a> to work on this case' in page
    assert 'method="post"' not in page
    sent = http.post(f"{CASE}/acknowledge", headers={**PAGE, "Referer": f"http://{http.base_url.host}{ORDER}"})
    assert sent.status_code == 303 and sent.headers["location"].startswith("/sign-in?next=%2Forders")
    assert case(http)["state"] == "open"


def test_without_the_token_of_the_form_nothing_happens(maria: Person, http: httpx.Client) -> None:
    maria.csrf = "made-up"
    page = maria.send(f"{CASE}/acknowledge", 403)
    assert "The form is not of this sign-in" in words(page)
    assert case(http)["state"] == "open"


def test_who_may_only_look_is_told_so(address: str, shop: Shop) -> None:
    with signed_in(address, shop.database, name="rob") as rob:
        page = rob.get(ORDER)
        assert "rob may look, and not work on cases: that needs the scope operate" in words(page)
        assert f'action="{CASE}' not in page
        rob.send(f"{CASE}/acknowledge", 403)


def test_a_team_works_on_its_own_cases(address: str, shop: Shop, http: httpx.Client) -> None:
    with signed_in(address, shop.database, Scope.OPERATE, name="wes", team="warehouse") as wes:
        page = wes.get(ORDER)
        assert "wes works on cases of warehouse, and this one concerns payments" in words(page)
        assert "it is a case of payments" in words(wes.send(f"{CASE}/acknowledge", 403)).lower()
        assert case(http)["state"] == "open"
        shop.add(unshipped("A-2"))
        other = case_id(unshipped("A-2"))
        assert "Acknowledged." in words(wes.send(f"/cases/{other}/acknowledge"))


def test_programs_get_problems_and_not_pages(maria: Person) -> None:
    answer = maria.http.post(
        f"{CASE}/resolve", data={"csrf": maria.csrf, "reason": "fixed"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_what_settled_itself_says_so(maria: Person, shop: Shop) -> None:
    shop.add(arrived_late("A-3", since=NOON - 3 * HOUR))
    page = maria.get("/orders/order-fulfilment/A-3")
    assert "Case resolved as arrived late" in words(page) and "by itself" in words(page)
    assert "Reopen…" in words(page) and "Resolve…" not in words(page)
