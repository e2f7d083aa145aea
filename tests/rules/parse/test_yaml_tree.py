"""The tree of YAML nodes: what it is made of, and what it refuses."""

import pytest

from rules.diagnostic import Check, Problems
from rules.expression import Position
from rules.parse.source import Source, lines_of
from rules.parse.yaml_tree import DEEPEST, Map, Node, Scalar, Sequence, Style, read


def tree(text: str) -> tuple[Node | None, list[tuple[int, int, Check]]]:
    problems = Problems("f", Source(text))
    node = read(problems)
    return node, [(found.line, found.column, found.check) for found in sorted(problems.found)]


def test_nodes_know_their_places() -> None:
    node, problems = tree("a: [b, 'c']\nd:\n  e: >\n    f\n")
    assert problems == []
    assert isinstance(node, Map) and node.at == Position(1, 1)
    a, d = node.entries
    assert isinstance(a.value, Sequence) and a.value.at == Position(1, 4)
    assert [item.at for item in a.value.items] == [Position(1, 5), Position(1, 8)]
    assert isinstance(d.value, Map) and d.value.at == Position(3, 3)
    f = d.value.get("e")
    assert isinstance(f, Scalar) and (f.text, f.style, f.at) == ("f\n", Style.FOLDED, Position(3, 6))


@pytest.mark.parametrize("text", ["on", "yes", "2026-11-20", "12:30:45", "0o17", "~", "1_000", "<<x"])
def test_scalars_are_not_converted(text: str) -> None:
    node, _ = tree(f"a: {text}")
    assert isinstance(node, Map)
    value = node.get("a")
    assert isinstance(value, Scalar) and value.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, 1, Check.YAML)]),
        ("# only a comment", [(1, 1, Check.YAML)]),
        ("---\n", [(1, 1, Check.YAML)]),
        ("--- a\n--- b\n--- c\n", [(2, 1, Check.YAML_FEATURE)]),
        ("a: &x b\nc: *x", [(1, 4, Check.YAML_FEATURE), (2, 4, Check.YAML_FEATURE)]),
        ("&a [*a]", [(1, 1, Check.YAML_FEATURE), (1, 5, Check.YAML_FEATURE)]),
        ("*a : b", [(1, 1, Check.YAML_FEATURE)]),
        ("<<: {a: b}", [(1, 1, Check.YAML_FEATURE)]),
        ("a: !!str 5\nb: !!map {c: d}\nc: !!python/name:os.system ''", [(n, 4, Check.YAML_FEATURE) for n in (1, 2, 3)]),
        ("a: 1\n'a': 2\n\"a\": 3", [(2, 1, Check.DUPLICATE_KEY), (3, 1, Check.DUPLICATE_KEY)]),
        ("[a]: b\n", [(1, 1, Check.TYPE)]),
        ("? {a: b}\n: c\n", [(1, 3, Check.TYPE)]),
        ("a: [b", [(1, 4, Check.YAML)]),
        ("a: 'b", [(1, 4, Check.YAML)]),
        ("a: b\n\tc: d", [(2, 1, Check.YAML)]),
        ("%YAML 3.0\n---\na: b", [(1, 1, Check.YAML)]),
        ("[" * (DEEPEST + 1), [(1, DEEPEST + 1, Check.SIZE)]),
        ("[" * 500_000, [(1, DEEPEST + 1, Check.SIZE)]),
        ("ab\x07c", [(1, 3, Check.ENCODING)]),
    ],
)
def test_what_is_refused(text: str, expected: list[tuple[int, int, Check]]) -> None:
    assert tree(text)[1] == expected


def test_quoted_merge_signs_are_plain_keys() -> None:
    node, problems = tree("'<<': a")
    assert isinstance(node, Map) and node.entries[0].key.text == "<<" and problems == []


def test_a_bomb_of_aliases_stays_small() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    _, problems = tree("\n".join(lines))
    assert {check for _, _, check in problems} == {Check.YAML_FEATURE}


def test_lines_end_as_editors_see_it() -> None:
    assert lines_of("a\nb\r\nc\rd\x85e\u2028f\x0cg\n") == ["a", "b", "c", "d\x85e\u2028f\x0cg", ""]
    source = Source("\ufeffa\r\nbc\rd")
    assert [source.position(offset) for offset in (0, 3, 4, 6, 7)] == [
        Position(1, 1),
        Position(2, 1),
        Position(2, 2),
        Position(3, 1),
        Position(3, 2),
    ]
