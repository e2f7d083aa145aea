"""What the engine reads of a file by itself is judged as what is read with care: the same lines, the same messages."""

import gzip
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest

from noshow import check, history
from noshow.event_file import TERMS
from noshow.judged_file import shared_out
from rules.judge import judge
from rules.parse.rule import parse
from rules.spec import Workflow
from store.clickhouse import ClickHouse
from store.event import MINUTE, Event
from store.migrate import migrate_clickhouse
from tests.bench import generated
from tests.noshow.event_lines import lines
from tests.rules.random_cases import AS_OF, case

Empty = Callable[[], ClickHouse]

RULES = """\
workflow: orders
start: OrderPlaced
steps:
  PaymentReceived: {within: 15m}
  ItemShipped: {after: PaymentReceived, within: 20m}
"""
NAMES = ("OrderPlaced", "PaymentReceived", "ItemShipped", "Noise", "ItemShiped")


@pytest.fixture
def empty(engine_path: Path) -> Iterator[Empty]:
    """Makes empty stores."""
    made: list[ClickHouse] = []

    def make() -> ClickHouse:
        made.append(ClickHouse.embedded(engine_path, f"judged_{next(_numbers)}"))
        return made[-1]

    yield make
    for clickhouse in made:
        clickhouse.command("DROP DATABASE IF EXISTS {name:Identifier}", {"name": clickhouse.database})
        clickhouse.close()


_numbers = itertools.count()


def told(stores: Sequence[ClickHouse], workflows: Sequence[Workflow], capfd: pytest.CaptureFixture[str]) -> str:
    """What `check` says of these stores, after what was said of reading them."""
    at = history.told_as_of(None, *stores)
    for flagged, form in itertools.product((False, True), ("jsonl", "table")):
        check.tell_of(stores, workflows, at, check.Output(flagged, form))
    captured = capfd.readouterr()
    return captured.out + captured.err


def both(path: Path, workflows: Sequence[Workflow], empty: Empty, capfd: pytest.CaptureFixture[str]) -> int:
    """Reads the file in both ways; gives how many stores the quick one took, 0 where it left all to care."""
    quick, careful = empty(), empty()
    stores = shared_out(path, workflows, quick, careful)
    quickly = told(stores, workflows, capfd)
    other = empty()
    migrate_clickhouse(other)
    history.load(other, path)
    assert quickly == told([other], workflows, capfd)
    return len(stores) if stores[0] is quick else 0


def orders(random: Random, count: int) -> list[Event]:
    """Some come twice, or with a copy that differs."""
    made = []
    for number in range(count):
        begin = AS_OF + random.randrange(1_000) * 1_000
        for place, name in enumerate(NAMES[: random.randint(1, 5)]):
            at = begin + place * random.choice([0, 1, 10, 20]) * MINUTE
            event = Event(f"e{number}-{place}", f"order-{number}", name, at, random.choice(["shop", "pay"]))
            made += [event] * (1 if random.random() < 0.95 else 2)
            if random.random() < 0.03:
                made.append(msgspec.structs.replace(event, time=at + MINUTE))
    random.shuffle(made)
    return made


@pytest.mark.parametrize("seed", range(12))
def test_a_rule_that_asks_for_names_and_times(
    seed: int, tmp_path: Path, empty: Empty, capfd: pytest.CaptureFixture[str]
) -> None:
    random = Random(seed)
    workflow = parse(RULES, "orders.yaml").workflow
    assert workflow is not None
    body = b"\n".join(lines(random, orders(random, 60), random.choice([0, 0.01, 0.2])))
    path = tmp_path / "events"
    path.write_bytes(gzip.compress(body, mtime=0) if seed % 3 == 0 else body)
    assert both(path, [workflow], empty, capfd) > 0


@pytest.mark.parametrize("seed", range(6))
def test_rules_that_ask_for_more(seed: int, tmp_path: Path, empty: Empty, capfd: pytest.CaptureFixture[str]) -> None:
    random, drawn = Random(seed), case(seed, sets=20, fitting=True)
    events = [event for events in drawn.sets.values() for event in events if event.name]
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join(lines(random, events, 0.05)))
    both(path, [drawn.workflow], empty, capfd)


@pytest.mark.parametrize("name", ["events.ndjson", "events?.ndjson"])
def test_the_orders_of_the_bar_are_judged_as_they_were_made(
    name: str, clickhouse: ClickHouse, tmp_path: Path, empty: Empty
) -> None:
    path = tmp_path / name
    generated.write_orders(clickhouse, tmp_path / "events", 3_000)
    (tmp_path / "events").rename(path)
    quick, careful = empty(), empty()
    stores = shared_out(path, [generated.workflow()], quick, careful)
    assert stores == [careful if "?" in name else quick]  # to the engine such a name is a pattern
    answers = (answer for store in stores for answer in judge(store, generated.workflow(), generated.END))
    assert generated.found(answers) == generated.truth(clickhouse, 3_000)


def test_where_most_lines_are_unusual_all_are_read_with_care(tmp_path: Path, empty: Empty) -> None:
    numbers = (b'{"correlation_id":"%d","name":"OrderPlaced","time":%d}' % (it, it) for it in range(1, 2_000))
    usual = b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}'
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join([usual, *numbers]))
    workflow = parse(RULES, "orders.yaml").workflow
    assert workflow is not None
    careful = empty()
    assert shared_out(path, [workflow], empty(), careful) == [careful]
    assert careful.query("SELECT count() FROM events") == [(2_000,)]


def test_lines_that_are_too_long_are_refused_as_ever(
    tmp_path: Path, empty: Empty, capfd: pytest.CaptureFixture[str]
) -> None:
    usual = b'{"correlation_id":"a","name":"OrderPlaced","time":"2026-01-01T10:00:00Z"}'
    attributes = b',"attributes":{"a":"' + b"x" * (1 << 20) + b'"}}'
    lines = [b"\xef\xbb\xbf" + usual, usual[:-1] + attributes, b" " * (TERMS.longest + 1), usual + b" " * TERMS.longest]
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\r\n".join([*lines, usual]))
    workflow = parse(RULES, "orders.yaml").workflow
    assert workflow is not None
    quick, other = empty(), empty()
    migrate_clickhouse(other)
    history.load(other, path)
    carefully = capfd.readouterr().err
    assert "3 of 5 lines were no events" in carefully
    shared_out(path, [workflow], quick, empty())
    assert quick.query("SELECT count() FROM loaded") == [(5,)]
    assert capfd.readouterr().err == carefully
