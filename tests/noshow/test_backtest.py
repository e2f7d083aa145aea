"""`noshow rules backtest` as a process: what it prints, and that it agrees with `noshow check` on both rules."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.end_to_end.orders import orders
from tests.noshow.command import noshow

PRESENT = """\
workflow: order-fulfilment
start: OrderPlaced
grace: 2m
steps:
  PaymentReceived: {within: 15m}
  ItemShipped: {after: PaymentReceived, within: 48h}
"""
CHANGED = PRESENT.replace("15m", "5m").replace("48h", "12h") + "  Arrived: {event: Delivered, within: 3d}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("history")
    (place / "present.yaml").write_text(PRESENT)
    (place / "changed.yaml").write_text(CHANGED)
    (place / "events.ndjson").write_bytes(b"\n".join(orders(300).lines))
    return place


def backtest(place: Path, *arguments: str) -> tuple[int, str, str]:
    paths = ("changed.yaml", "--against", "present.yaml", "--events", "events.ndjson")
    done = noshow("rules", "backtest", *paths, *arguments, cwd=place)
    return done.code, done.out, done.err


def checked(place: Path, rules: str) -> dict[str, set[tuple[str, str]]]:
    done = noshow("check", "--rules", rules, "--events", "events.ndjson", "--format", "jsonl", cwd=place)
    verdicts = map(json.loads, done.out.splitlines())
    return {it["correlation_id"]: {(one["step"], one["kind"]) for one in it["findings"]} for it in verdicts}


def test_it_agrees_with_check_on_both_rules(place: Path) -> None:
    code, out, _ = backtest(place, "--format", "json")
    [told] = json.loads(out)["workflows"]
    before, after = checked(place, "present.yaml"), checked(place, "changed.yaml")
    assert (code, told["before"]["judged"], told["after"]["judged"]) == (0, len(before), len(after))
    assert told["before"]["flagged"] == sum(map(bool, before.values()))
    assert told["after"]["flagged"] == sum(map(bool, after.values()))
    assert told["newly_flagged"] == sum(bool(after[it]) and not before[it] for it in after) > 0
    gone, new, both = (
        Counter(mark for name in before for mark in marks(before[name], after[name]))
        for marks in (set.difference, lambda old, new: new - old, set.intersection)
    )
    assert {(it["step"], it["kind"]) for it in told["findings"]} == {*gone, *new, *both}
    for it in told["findings"]:
        mark = (it["step"], it["kind"])
        assert (it["only_before"], it["only_after"], it["both"]) == (gone[mark], new[mark], both[mark])
        for example in it["examples"]["new"]:
            assert mark in after[example["correlation_id"]] - before[example["correlation_id"]]


def test_the_table_says_the_same(place: Path) -> None:
    code, table, told = backtest(place)
    [document] = json.loads(backtest(place, "--format", "json")[1])["workflows"]
    assert code == 0
    assert told.startswith("as of ")
    assert f"judged{document['before']['judged']:>10}{document['after']['judged']:>7}".replace(" ", "") in (
        table.replace(" ", "")
    )
    newly, no_longer, still = (document[it] for it in ("newly_flagged", "no_longer_flagged", "still_flagged"))
    assert f"{newly} newly flagged, {no_longer} no longer, {still} still\n" in table
    for it in document["findings"]:
        row = [it["step"], it["kind"], it["only_before"], it["only_after"], it["both"]]
        assert list(map(str, row)) in [line.split() for line in table.splitlines()]
        assert all(f"  {one['correlation_id']}  {one['sentence']}\n" in table for one in it["examples"]["new"])


def test_since_and_as_of_narrow_it(place: Path) -> None:
    document = json.loads(backtest(place, "--format", "json", "--since", "2200-01-01T00:00:00Z")[1])
    assert document["since"] == "2200-01-01T00:00:00Z"
    assert document["workflows"][0]["after"]["judged"] == 0
    early = json.loads(backtest(place, "--format", "json", "--as-of", "2000-01-01T00:00:00Z")[1])
    assert (early["as_of"], early["workflows"][0]["before"]["judged"]) == ("2000-01-01T00:00:00Z", 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "soon"], "--since soon: "),
        (["--against", "other.yaml"], "there is no workflow order-fulfilment in other.yaml, but other"),
        (["--against", "none.yaml"], "none.yaml:1:1: this can't be read"),
    ],
)
def test_each_mistake_gets_one_clear_message(place: Path, arguments: list[str], message: str) -> None:
    (place / "other.yaml").write_text(PRESENT.replace("order-fulfilment", "other"))
    code, out, told = backtest(place, *arguments)
    assert (code, out) == (2, "")
    assert message in told
