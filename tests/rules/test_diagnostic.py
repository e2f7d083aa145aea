"""How a problem is shown."""

import pytest

from rules.diagnostic import Check, Diagnostic, Level, Problems, TooMany, did_you_mean, quoted, render
from rules.expression import Position
from rules.parse.source import Source


def shown(line: str, column: int) -> list[str]:
    return render(Diagnostic("f.yaml", 1, column, Check.YAML, "wrong"), [line]).split("\n")[1:]


def test_all_of_it() -> None:
    diagnostic = Diagnostic("rules/a.yaml", 2, 3, Check.TYPE, "this is wrong", "do it so")
    assert render(diagnostic, ["first", "  second"]) == (
        "rules/a.yaml:2:3: this is wrong [type]\n      second\n      ^\nhint: do it so"
    )


def test_a_warning_says_so() -> None:
    diagnostic = Diagnostic("a.yaml", 1, 1, Check.REPEATED, "twice", severity=Level.WARNING)
    assert render(diagnostic, ["x"]) == "a.yaml:1:1: warning: twice [repeated]\n    x\n    ^"


@pytest.mark.parametrize("line", [0, 2, 99])
def test_a_line_that_is_not_there_is_left_out(line: int) -> None:
    assert render(Diagnostic("a", line, 1, Check.YAML, "m", "h"), ["x"]) == f"a:{line}:1: m [yaml]\nhint: h"


@pytest.mark.parametrize(
    ("line", "column", "caret"),
    [
        ("abc", 1, "    ^"),
        ("abc", 3, "      ^"),
        ("abc", 4, "       ^"),
        ("\ta\tbc", 4, "    \t \t^"),
        ("日本x", 3, "        ^"),
        ("ｱa한b", 4, "        ^"),
        ("e\u0301x", 3, "     ^"),
        ("a\u200bb", 3, "     ^"),
        ("😀x", 2, "      ^"),
        ("", 1, "    ^"),
    ],
)
def test_the_caret_stands_under_its_character(line: str, column: int, caret: str) -> None:
    assert shown(line, column) == [f"    {line}".rstrip(), caret]


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "".join(str(n % 10) for n in range(1000))
    for column in (1, 50, 81, 500, 950, 1000, 1001):
        text, caret = shown(line, column)
        assert len(text) <= 4 + 160
        at = caret.index("^")
        assert text[at : at + 1] == line[column - 1 : column]
    assert shown(line, 500)[0].startswith("    …") and shown(line, 500)[0].endswith("…")
    assert shown(line, 1)[0].startswith("    0") and shown(line, 1000)[0].endswith("9")


def test_nothing_that_steers_a_terminal_gets_through() -> None:
    line = "a\x1b[31mb\u202ec"
    text = render(Diagnostic("f\x1b", 1, 3, Check.YAML, quoted(line)), [line])
    assert "\x1b" not in text and "\u202e" not in text
    assert quoted("a\nb\x00") == '"a b\ufffd"'
    assert quoted("x" * 100) == '"' + "x" * 59 + '…"'


def test_they_sort_by_file_and_position() -> None:
    a, b, c, d = (
        Diagnostic("a", 2, 10, Check.YAML, "m"),
        Diagnostic("a", 10, 1, Check.YAML, "m"),
        Diagnostic("a", 10, 2, Check.CYCLE, "a"),
        Diagnostic("b", 1, 1, Check.CYCLE, "a", severity=Level.WARNING),
    )
    assert sorted([d, c, b, a]) == [a, b, c, d]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("whithin", "; did you mean within?"),
        ("WITHIN", "; did you mean within?"),
        ("colour", ""),
        ("x" * 101, ""),
    ],
)
def test_the_nearest_name(word: str, expected: str) -> None:
    assert did_you_mean(word, ["after", "within", "owner", "w" * 200]) == expected


def test_too_many_problems_end_it() -> None:
    problems = Problems("f", Source("x"))
    with pytest.raises(TooMany):
        for column in range(1, 1000):
            problems.error(Position(1, column), Check.NAME, "wrong")
    assert len(problems.found) == Problems.MOST + 1
    assert problems.found[-1].check is Check.SIZE
    assert problems.failed


def test_warnings_alone_are_no_failure() -> None:
    problems = Problems("f", Source("x"))
    problems.warning(Position(1, 1), Check.REPEATED, "twice")
    assert not problems.failed


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('headers: {Authorization: "Bearer sk_1"}', "headers: {Authorization: ******* ******"),
        ("'X-Api-Key': sk_1", "'X-Api-Key': ****"),
        ("get: https://me:pass@host/x", "get: https://*******@host/x"),
        ('Authorization: "Bearer ${TOKEN}"', 'Authorization: "Bearer ${TOKEN}"'),
        ("refresh-token: {within: 1h}", "refresh-token: {within: 1h}"),
    ],
)
def test_no_secret_of_a_file_is_shown(line: str, shown: str) -> None:
    diagnostic = Diagnostic("f.yaml", 1, 1, Check.TYPE, "wrong")
    assert render(diagnostic, [line]).split("\n")[1].strip() == shown
    assert line not in render(Diagnostic("f.yaml", 1, 1, Check.SECRET, "a secret"), [line])
