"""What operators do with cases over REST, on SQLite and PostgreSQL."""

from collections.abc import Iterator

import httpx
import pytest

from api import models, models_cases
from api.access.identity import Scope
from api.app import create_app
from store import events
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import HOUR, MINUTE
from tests.api.access.bearer import bearer
from tests.api.server import serving
from tests.api.shop import Shop, arrived_late, case_id, event, unpaid, unshipped
from tests.conftest import NOON
from tests.store.clock import ManualClock
from tests.web_server import client_of

ID = case_id(unshipped("A-1"))
FIXED = {"reason": "fixed", "note": "sent by hand"}


class Operators:
    """Clients of one server, by who they are."""

    def __init__(self, database: Database, address: str) -> None:
        self._database = database
        self._address = address

    def as_(self, name: str, team: str = "", scope: Scope = Scope.OPERATE) -> httpx.Client:
        headers = bearer(self._database, Scope.READ, scope, team=team, name=name)
        return client_of(self._address, headers=headers)


@pytest.fixture
def operators(any_shop: Shop, clock: ManualClock) -> Iterator[Operators]:
    with serving(create_app(any_shop.clickhouse, any_shop.database, clock)) as address:
        yield Operators(any_shop.database, address)


@pytest.fixture
def maria(operators: Operators, any_shop: Shop) -> Iterator[httpx.Client]:
    any_shop.add(unshipped("A-1"), arrived_late("A-2"))
    with operators.as_("maria") as client:
        yield client


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return models.Problem.model_validate(answer.json(), extra="forbid").detail


def done(answer: httpx.Response) -> models_cases.Case:
    assert answer.status_code == 200, answer.text
    return models_cases.Case.model_validate(answer.json(), extra="forbid")


def test_a_case_goes_through_every_state(maria: httpx.Client, clock: ManualClock) -> None:
    case = done(maria.post(f"/v1/cases/{ID}/acknowledge"))
    assert (case.state, case.state_by, case.revision) == ("acknowledged", "maria", 1)
    assert case.findings[0].acknowledged
    case = done(maria.post(f"/v1/cases/{ID}/snooze", json={"until": "4h", "note": "the depot is closed"}))
    assert (case.state, case.snoozed_until, case.note) == ("snoozed", "2025-11-20T16:00:00Z", "the depot is closed")
    case = done(maria.post(f"/v1/cases/{ID}/resolve", json=FIXED))
    assert (case.state, case.reason, case.resolved_at) == ("resolved", "fixed", "2025-11-20T12:00:00Z")
    case = done(maria.post(f"/v1/cases/{ID}/reopen", json={"note": "it came back"}))
    assert (case.state, case.reason, case.opened_at) == ("open", None, "2025-11-20T12:00:00Z")
    case = done(maria.post(f"/v1/cases/{ID}/snooze", json={"until": "2025-11-21T08:00:00+01:00"}))
    assert case.snoozed_until == "2025-11-21T07:00:00Z"


def test_who_comes_second_gets_409_and_who_was_first(maria: httpx.Client, operators: Operators) -> None:
    done(maria.post(f"/v1/cases/{ID}/resolve", json=FIXED))
    with operators.as_("bob") as bob:
        answer = bob.post(f"/v1/cases/{ID}/resolve", json={"reason": "accepted", "note": "so be it"})
    assert problem(answer, 409) == "maria resolved it at 12:00 UTC as fixed: sent by hand."


def test_a_revision_is_a_precondition(maria: httpx.Client) -> None:
    seen = maria.get(f"/v1/cases/{ID}").json()["revision"]
    done(maria.post(f"/v1/cases/{ID}/acknowledge", json={"revision": seen}))
    answer = maria.post(f"/v1/cases/{ID}/resolve", json={**FIXED, "revision": seen})
    assert "changed since you looked, and is at revision 1: maria acknowledged it" in problem(answer, 409)


def test_a_case_is_claimed_and_handed_over(maria: httpx.Client, operators: Operators) -> None:
    assert done(maria.post(f"/v1/cases/{ID}/assign", json={"assignee": "me"})).assignee == "maria"
    with operators.as_("bob") as bob:
        refused = bob.post(f"/v1/cases/{ID}/assign", json={"assignee": "me"})
        assert problem(refused, 409) == "maria has it; give the revision that you saw to take it over."
        taken = bob.post(f"/v1/cases/{ID}/assign", json={"assignee": "me", "revision": 1})
        assert done(taken).assignee == "bob"
        assert done(bob.post(f"/v1/cases/{ID}/assign", json={"assignee": "none"})).assignee is None


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("resolve", {}, "note is missing; reason is missing"),
        ("resolve", {"reason": "fixed", "note": " "}, "Note: a case is resolved with a few words on why."),
        ("resolve", {"reason": "arrived_late", "note": "x"}, "reason should be 'confirmed_at_source', 'fixed', "),
        ("resolve", {"reason": "done", "note": "x"}, "reason should be 'confirmed_at_source', 'fixed', "),
        ("resolve", {**FIXED, "nots": "x"}, "nots is unknown (did you mean note?)"),
        ("snooze", {"until": "soon"}, "until expected an instant"),
        ("snooze", {"until": "2025-11-20T11:00:00Z"}, "Until: expected an instant in the future"),
        ("assign", {"assignee": ""}, "assignee"),
        ("acknowledge", {"note": "a\0b"}, "note must not contain a NUL character"),
        ("comments", {"text": " "}, "Text: expected 1 to 10,000 characters"),
        ("acknowledge", {"revision": 2**40}, "revision"),
    ],
)
def test_what_makes_no_sense_is_refused(maria: httpx.Client, path: str, body: dict[str, object], told: str) -> None:
    assert told in problem(maria.post(f"/v1/cases/{ID}/{path}", json=body), 400)
    assert maria.get(f"/v1/cases/{ID}").json()["revision"] == 0


def test_it_takes_an_operator_of_the_team(maria: httpx.Client, operators: Operators) -> None:
    with operators.as_("rita", scope=Scope.READ) as reader:
        assert "operate" in problem(reader.post(f"/v1/cases/{ID}/acknowledge"), 403)
    with operators.as_("sam", team="search") as stranger:
        told = problem(stranger.post(f"/v1/cases/{ID}/resolve", json=FIXED), 403)
        assert told == "It is a case of compliance, warehouse, and you are of search."
    with operators.as_("wim", team="warehouse") as owner:
        done(owner.post(f"/v1/cases/{ID}/resolve", json=FIXED))


def test_a_case_that_does_not_exist(maria: httpx.Client) -> None:
    assert problem(maria.post("/v1/cases/case_0/acknowledge"), 404) == "There is no case case_0."
    assert problem(maria.post("/v1/cases/case_0/comments", json={"text": "hello"}), 404) == "There is no case case_0."


def test_the_evidence_is_what_happened_why_and_what_was_said(maria: httpx.Client, any_shop: Shop) -> None:
    charged = event("A-1", "Charged", NOON, '{"charge_id": "ch-1", "card": {"token_id": 7}, "amount": 3}')
    events.write(any_shop.clickhouse, [charged])
    said = maria.post(f"/v1/cases/{ID}/comments", json={"text": "asked the depot"})
    assert said.status_code == 201
    models_cases.Comment.model_validate(said.json(), extra="forbid")
    case = models_cases.CaseDetail.model_validate(maria.get(f"/v1/cases/{ID}").json(), extra="forbid")
    assert [(it.actor, it.text) for it in case.comments] == [("maria", "asked the depot")]
    assert case.references == {"charge_id": ["ch-1"], "customer_id": ["C-77"], "token_id": ["7"]}
    assert [(it.name, it.caused_by, it.depth) for it in case.events or []] == [
        ("OrderPlaced", None, 0),
        ("PaymentReceived", "OrderPlaced-A-1", 1),
        ("Charged", "OrderPlaced-A-1", 1),
    ]


def test_without_clickhouse_a_case_is_shown_and_moved(any_shop: Shop, clock: ManualClock) -> None:
    any_shop.add(unshipped("A-1"))
    away = ClickHouse.server("http://127.0.0.1:9")
    with (
        serving(create_app(away, any_shop.database, clock)) as address,
        Operators(any_shop.database, address).as_("maria") as maria,
    ):
        case = maria.get(f"/v1/cases/{ID}").json()
        assert (case["events"], case["references"], case["comments"]) == (None, None, [])
        done(maria.post(f"/v1/cases/{ID}/resolve", json=FIXED))


# Filters of the list


def found(http: httpx.Client, **filters: str) -> set[str]:
    return {case["correlation_id"] for case in http.get("/v1/cases", params=filters).json()["items"]}


def test_the_list_is_filtered_by_state_assignee_and_age(maria: httpx.Client, any_shop: Shop) -> None:
    any_shop.add(unpaid("B-1"), unpaid("B-2", since=NOON - MINUTE), unpaid("B-3", since=NOON - 30 * HOUR))
    for order, move, body in (
        ("B-1", "acknowledge", {}),
        ("B-2", "snooze", {"until": "1h"}),
        ("B-3", "assign", {"assignee": "me"}),
    ):
        done(maria.post(f"/v1/cases/{case_id(unpaid(order))}/{move}", json=body))
    assert found(maria, state="open") == {"A-1", "B-3"}
    assert found(maria, state="acknowledged,snoozed") == {"B-1", "B-2"}
    assert found(maria, state="unresolved") == {"A-1", "B-1", "B-2", "B-3"}
    assert found(maria, state="unresolved,resolved") == found(maria) == {"A-1", "A-2", "B-1", "B-2", "B-3"}
    assert found(maria, assignee="me") == found(maria, assignee="maria") == {"B-3"}
    assert found(maria, assignee="none", state="open") == {"A-1"}
    assert found(maria, age="under_1h") == {"B-2"}
    assert found(maria, age="1h_4h", state="unresolved") == {"B-1"}
    assert found(maria, age="1d_7d") == {"B-3"}
    assert found(maria, escalated="false", state="open") == {"A-1", "B-3"}
    assert found(maria, escalated="true") == set()


def test_ages_are_counted_with_what_is_at_risk(maria: httpx.Client, any_shop: Shop) -> None:
    any_shop.add(unpaid("B-1", since=NOON - MINUTE), unpaid("B-2", since=NOON - 2 * MINUTE, at_risk=None))
    any_shop.add(unpaid("B-3", since=NOON - HOUR, at_risk=10.0))
    ageing = models_cases.Ageing.model_validate(maria.get("/v1/cases/ageing").json(), extra="forbid")
    assert [(it.age, it.cases, it.at_risk) for it in ageing.buckets] == [
        ("under_1h", 2, {"EUR": 129.9}),
        ("1h_4h", 1, {"EUR": 10.0}),
        ("4h_24h", 1, {"EUR": 48.0}),
        ("1d_7d", 0, {}),
        ("over_7d", 0, {}),
    ]
    assert [it.to_seconds for it in ageing.buckets] == [3600, 14400, 86400, 604800, None]
    one = maria.get("/v1/cases/ageing", params={"owner": "compliance"}).json()["buckets"]
    assert sum(bucket["cases"] for bucket in one) == 1
