"""`/v1/truth`, `/v1/discrepancies` and what operators do about the truth of a case, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from api.access.identity import Scope
from reconcile.truth.sweep.compare import Kind
from reconcile.truth.sweep.discrepancies import Discrepancy, close, correct, put
from store.clickhouse import ClickHouse
from store.database import Database
from store.event import SECOND
from store.tables import case_findings
from tests.api.truth_desk import TruthDesk, truth_desk
from tests.conftest import NOON
from tests.reconcile.office import PAYMENT, WORKFLOW
from tests.reconcile.provider import SILENCE, Said

CSV = {"Content-Type": "text/csv"}
TRUTH = f"/v1/truth/{WORKFLOW}/a/{PAYMENT}"


@pytest.fixture
def here(clickhouse: ClickHouse, database: Database, tmp_path: Path) -> Iterator[TruthDesk]:
    with truth_desk(clickhouse, database, tmp_path) as it:
        yield it


class TestAsking:
    def test_the_answer_is_there_if_it_comes_soon(self, here: TruthDesk) -> None:
        case = here.missing("a")
        here.bank.charge("a")
        answer = here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/ask")
        assert (answer.status_code, answer.json()["under_way"]) == (200, False)
        assert answer.json()["lookup"] == {
            "step": PAYMENT,
            "state": "answered",
            "trigger": "button",
            "outcome": "confirmed",
            "sentence": "Asked once, at 2025-11-20T12:17:00Z: it did happen (HTTP 200)",
            "total": 1,
            "last_at": "2025-11-20T12:17:00Z",
            "next_at": None,
            "status": 200,
        }
        assert here.http.get(f"/v1/cases/{case}/lookups").json()["items"] == [answer.json()["lookup"]]

    def test_else_that_it_is_under_way(self, here: TruthDesk) -> None:
        case = here.missing("a")
        here.clock.at_work = False
        answer = here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/ask")
        assert (answer.status_code, answer.json()["under_way"]) == (202, True)
        assert answer.json()["lookup"]["state"] == "waiting"

    def test_what_has_no_source_or_is_no_case(self, here: TruthDesk) -> None:
        case = here.missing("a")
        nowhere = here.http.post(f"/v1/cases/{case}/steps/ItemShipped/ask")
        assert (nowhere.status_code, nowhere.json()["detail"]) == (
            404,
            "The rule of online-payment names no source of truth for ItemShipped.",
        )
        assert here.http.post(f"/v1/cases/case_x/steps/{PAYMENT}/ask").status_code == 404
        assert here.http.get("/v1/cases/case_x/lookups").status_code == 404

    def test_another_teams_case_is_left_alone(self, here: TruthDesk) -> None:
        case = here.missing("a")
        other = here.of(Scope.READ, Scope.OPERATE, team="warehouse")
        for path, body in (("ask", None), ("testify", {"word": "absent", "reason": "x"})):
            answer = here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/{path}", json=body, headers=other)
            assert answer.status_code == 403
        assert here.http.post("/v1/cases/recheck", json={}, headers=other).json()["lookups"] == 0

    def test_a_finding_that_is_over_gives_its_team_no_say(self, here: TruthDesk) -> None:
        """As with the moves of the case."""
        case = here.missing("a")
        with here.desk.database.begin() as connection:
            [row] = connection.execute(select(case_findings)).mappings()
            over = {"step": "ItemShipped", "owner": "warehouse", "open": False}
            connection.execute(insert(case_findings).values({**row, **over}))
        other = here.of(Scope.READ, Scope.OPERATE, team="warehouse")
        for path, body in ((f"steps/{PAYMENT}/testify", {"word": "absent", "reason": "x"}), ("acknowledge", None)):
            assert here.http.post(f"/v1/cases/{case}/{path}", json=body, headers=other).status_code == 403

    def test_everything_missing_is_asked_again(self, here: TruthDesk) -> None:
        here.missing("a", "b")
        counted = here.http.post("/v1/cases/recheck", json={"workflow": WORKFLOW, "dry_run": True}).json()
        assert counted == {"lookups": 2, "dry_run": True}
        assert here.desk.trail() == []
        assert here.http.post("/v1/cases/recheck", json={"step": PAYMENT}).json() == {"lookups": 2, "dry_run": False}
        assert here.desk.trail() == ["truth.rechecked"]
        assert here.http.post("/v1/cases/recheck", json={"stpe": "x"}).status_code == 400


class TestTestimony:
    def test_a_word_is_taken_and_taken_once(self, here: TruthDesk) -> None:
        case = here.missing("a")
        said = {"word": "confirmed", "reason": "in the ledger", "time": "2025-11-20T12:03:00Z"}
        answer = here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/testify", json=said)
        assert answer.status_code == 201, answer.text
        assert here.desk.said() == [("confirmed", 180 * SECOND, "eve")]
        again = here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/testify", json=said)
        assert (again.status_code, "eve said so already" in again.json()["detail"]) == (409, True)

    @pytest.mark.parametrize(
        "said",
        [{"word": "maybe", "reason": "x"}, {"word": "absent"}, {"word": "absent", "reason": "x", "time": "yesterday"}],
    )
    def test_what_makes_no_sense_is_said(self, here: TruthDesk, said: dict[str, str]) -> None:
        case = here.missing("a")
        assert here.http.post(f"/v1/cases/{case}/steps/{PAYMENT}/testify", json=said).status_code == 400


class TestFile:
    def test_looked_at_then_applied(self, here: TruthDesk) -> None:
        here.missing("a", "b")
        content = f"correlation_id,step,word\na,{PAYMENT},confirmed\nc,{PAYMENT},confirmed\n"
        shown = here.http.post("/v1/truth/file/preview", content=content, headers=CSV).json()
        assert (shown["changes"], shown["totals"], shown["at_risk"]) == (
            *(1, {"confirms": 1, "unknown_order": 1}, {"EUR": 10.0}),
        )
        assert shown["lines"][0]["sentence"] == "would confirm missing PaymentReceived of a"
        asked = {"fingerprint": shown["fingerprint"], "reason": "the provider's list"}
        done = here.http.post("/v1/truth/file", params=asked, content=content, headers=CSV)
        assert (done.status_code, done.json()) == (200, shown)
        assert [word for word, *_ in here.desk.said()] == ["confirmed"]
        again = here.http.post("/v1/truth/file", params=asked, content=content, headers=CSV)
        assert again.status_code == 409

    def test_a_file_that_was_not_looked_at_is_refused(self, here: TruthDesk) -> None:
        here.missing("a")
        content = f"correlation_id,step,word\na,{PAYMENT},confirmed\n"
        asked = {"fingerprint": "f" * 64, "reason": "x"}
        assert here.http.post("/v1/truth/file", params=asked, content=content, headers=CSV).status_code == 409
        assert here.desk.said() == []

    def test_what_is_wrong_is_told_line_by_line(self, here: TruthDesk) -> None:
        answer = here.http.post("/v1/truth/file/preview", content="correlation_id,step,word\na,,maybe\n", headers=CSV)
        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [
                {"parameter": "line 2, step", "reason": "is empty"},
                {"parameter": "line 2, word", "reason": "'maybe' is none; expected confirmed or absent"},
            ],
        )

    def test_a_file_too_large_is_not_read_to_its_end(self, here: TruthDesk) -> None:
        answer = here.http.post("/v1/truth/file/preview", content=b"x" * (5 * 2**20), headers=CSV)
        assert answer.status_code == 413


class TestLive:
    def test_read_through_then_stale_then_nothing(self, here: TruthDesk) -> None:
        here.bank.charge("a", created_at="2025-11-20T12:01:00Z")
        fresh = here.http.get(TRUTH)
        assert "Warning" not in fresh.headers
        assert fresh.json() == {
            **{"outcome": "confirmed", "time": "2025-11-20T12:01:00Z", "status": 200},
            **{"asked_at": "2025-11-20T12:17:00Z", "stale": False, "warning": None},
        }
        here.clock.passed = 60 * SECOND
        here.bank.says = lambda _: Said(502)
        stale = here.http.get(TRUTH)
        assert (stale.json()["stale"], stale.json()["warning"]) == (True, "HTTP 502")
        assert stale.headers["Warning"] == '110 noshow "Response is Stale"'
        here.bank.says = lambda _: SILENCE
        nothing = here.http.get(TRUTH.replace("/a/", "/b/"))
        assert (nothing.status_code, nothing.headers["Retry-After"]) == (503, "5")

    def test_what_has_no_source_is_not_found(self, here: TruthDesk) -> None:
        assert here.http.get(f"/v1/truth/{WORKFLOW}/a/ItemShipped").status_code == 404


class TestDiscrepancies:
    def test_listed_narrowed_down_and_in_pages(self, here: TruthDesk) -> None:
        found = [
            Discrepancy("payments", kind, WORKFLOW, kind, PAYMENT, {"id": "ch_1"}, {"events": 0})
            for kind in (Kind.THEIRS_ONLY, Kind.OURS_ONLY, Kind.AMOUNT)
        ]
        with here.desk.database.begin() as connection:
            for at, it in enumerate(found):
                put(connection, [it], NOON + at * SECOND)
            correct(connection, [found[0].id], "confirmed", NOON + 9 * SECOND)
            close(connection, [found[2].id], NOON + 9 * SECOND)

        def listed(**asked: str | int) -> list[str]:
            return [it["kind"] for it in here.http.get("/v1/discrepancies", params=asked).json()["items"]]

        assert listed() == ["amount", "ours_only", "theirs_only"], "the latest first"
        assert (listed(state="open"), listed(state="corrected"), listed(state="closed")) == (
            *(["ours_only"], ["theirs_only"], ["amount"]),
        )
        assert (listed(kind="amount"), listed(source="nobody")) == (["amount"], [])
        first = here.http.get("/v1/discrepancies", params={"limit": 2}).json()
        assert listed(limit=2, after=first["next"]) == ["theirs_only"]
        [corrected] = here.http.get("/v1/discrepancies", params={"state": "corrected"}).json()["items"]
        assert (corrected["theirs"], corrected["correction"], corrected["corrected_at"]) == (
            *({"id": "ch_1"}, "confirmed", "2025-11-20T12:00:09Z"),
        )
        assert here.http.get("/v1/discrepancies", params={"stat": "open"}).status_code == 400
