"""`noshow rules test` as a process: what it finds, what it prints, exit codes, JUnit."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.noshow.command import noshow

RULE = """\
workflow: orders
noun: order
start: OrderPlaced
steps:
  PaymentReceived: {within: 15m}
"""
GOOD = """\
tests:
  - name: paid in time
    events: [+0m OrderPlaced, +10m PaymentReceived]
    checks:
      - {at: +5m, expect: {state: running}}
      - {at: +1h, expect: {state: complete, findings: []}}
  - name: never paid
    events: [+0m OrderPlaced]
    at: +1h
    expect: {findings: [PaymentReceived missing]}
"""
BAD = GOOD.replace("findings: []", "findings: [PaymentReceived late]")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "orders.yaml").write_text(RULE)
    (tmp_path / "orders.test.yml").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("path", ["orders.test.yml", "orders.yaml", "."])
def test_stories_that_hold_are_exit_code_0(place: Path, path: str) -> None:
    done = noshow("rules", "test", path, cwd=place)
    assert (done.code, done.err) == (0, "")
    assert done.out == "orders.test.yml: 2 stories, 3 checks: ok\n2 stories, 3 checks: all hold\n"


def test_what_does_not_hold_is_exit_code_1_a_difference_and_a_reason(place: Path) -> None:
    (place / "orders.test.yml").write_text(BAD)
    done = noshow("rules", "test", "-v", "orders.yaml", cwd=place)
    assert done.code == 1
    assert "orders.test.yml:6:45: paid in time, at +1h (- expected, + got)\n" in done.out
    assert "    - findings: PaymentReceived late  (expected, and not found)\n" in done.out
    assert "  PaymentReceived is on_time:\n" in done.out
    assert "  paid in time: failed\n  never paid: ok\n" in done.out
    assert done.out.endswith("2 stories, 3 checks: 1 does not hold\n")
    assert "\x1b" not in done.out


def test_a_filter_leaves_out_other_stories(place: Path) -> None:
    (place / "orders.test.yml").write_text(BAD)
    done = noshow("rules", "test", ".", "--filter", "NEVER", cwd=place)
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 story, 1 check: all hold")


def test_coverage_names_what_no_story_has_seen(place: Path) -> None:
    (place / "returns.yaml").write_text(RULE.replace("workflow: orders", "workflow: returns"))
    done = noshow("rules", "test", ".", "--coverage", cwd=place)
    assert "  orders, never seen: PaymentReceived late\n" in done.out
    assert "no story is about: returns\n" in done.out


def test_every_file_below_a_directory_is_played(place: Path) -> None:
    (place / "deep" / ".hidden").mkdir(parents=True)
    (place / "deep" / "late.test.yaml").write_text(f"rules: ../orders.yaml\n{GOOD}")
    (place / "deep" / ".hidden" / "no.test.yml").write_text("rubbish")
    done = noshow("rules", "test", place, cwd=place)
    assert (done.code, done.out.splitlines()[-1]) == (0, "4 stories, 6 checks: all hold")


def test_junit_has_a_case_for_each_story_and_instant_whatever_their_names(place: Path) -> None:
    odd = BAD.replace("name: paid in time", "name: \"a < b & 'c' \\u2028 \\u0001 ]]> \\U0001F600\"")
    (place / "orders.test.yml").write_text(odd)
    done = noshow("rules", "test", ".", "--junit", "out.xml", cwd=place)
    assert done.code == 2
    assert "orders.test.yml:2:11: " in done.err and "control character" in done.err
    (place / "orders.test.yml").write_text(odd.replace("\\u2028 \\u0001", "\\u00e9"))
    assert noshow("rules", "test", ".", "--junit", "out.xml", cwd=place).code == 1
    root = ElementTree.parse(place / "out.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    names = [case.get("name") for case in root.iter("testcase")]
    told = "a < b & 'c' é ]]> \U0001f600"
    assert names == [f"{told}, at +5m", f"{told}, at +1h", "never paid, at +1h"]
    [failure] = root.iter("failure")
    assert failure.text is not None
    assert failure.text.startswith("orders.test.yml:6:45\n- findings: PaymentReceived late")
    assert "PaymentReceived is on_time:" in failure.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere:1:1: this can't be read: No such file or directory"),
        (["empty"], "empty: there are no stories (*.test.yml, *.test.yaml)"),
        (["lonely.yaml"], "lonely.yaml: there are no stories"),
        (["alone.test.yml"], "alone.test.yml:1:1: there is no alone.yaml beside this file"),
        (["typo.test.yml"], 'typo.test.yml:2:1: unknown key "test"; did you mean tests?'),
        (["badrule.test.yml"], 'bad.yaml:4:21: unknown key "witin"'),
        (["badrule.test.yml"], "badrule.test.yml:1:8: the rules that these stories are about have errors"),
        (["orders.yaml", "--filter", "xyz"], "no story has 'xyz' in its name"),
        (["blank.test.yml"], "blank.test.yml:1:1: the file is empty; it needs `tests`"),
        ([], "Missing argument"),
    ],
)
def test_each_mistake_gets_a_clear_message_and_exit_code_2(place: Path, arguments: list[str], message: str) -> None:
    (place / "empty").mkdir()
    (place / "lonely.yaml").write_text(RULE)
    (place / "alone.test.yml").write_text(GOOD)
    (place / "typo.test.yml").write_text("rules: orders.yaml\ntest: []\n")
    (place / "bad.yaml").write_text(RULE.replace("{within", "{witin").replace("noun: order\n", ""))
    (place / "badrule.test.yml").write_text(f"rules: bad.yaml\n{GOOD}")
    (place / "blank.test.yml").write_text("")
    (place / "orders.yaml").write_text(RULE)
    done = noshow("rules", "test", *arguments, cwd=place)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
