"""Every character of a scalar's value is found again in the file, however the scalar is written."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.diagnostic import Problems
from rules.parse.place import offsets
from rules.parse.source import Source
from rules.parse.yaml_tree import Map, Scalar, read


def value_of(text: str) -> Scalar:
    """The scalar under the key `k`."""
    problems = Problems("f", Source(text))
    node = read(problems)
    assert isinstance(node, Map), problems.found
    value = node.get("k")
    assert isinstance(value, Scalar)
    return value


def pointed(text: str, wanted: str) -> str:
    """What stands in the file where the value has `wanted`."""
    scalar = value_of(text)
    found = offsets(scalar, text)
    at = scalar.text.index(wanted)
    return text[found[at] : found[at] + 6].split("\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "k: a && Xyz\n",
        "k: 'a && Xyz'\n",
        'k: "a && Xyz"\n',
        "k:\n\n  # a comment\n\n  a &&\n\n   Xyz\n",
        "{j: 1, k: a && Xyz}\n",
        "k: 'it''s && ''Xyz'''\n",
        'k: "\\t\\"\\x41\\u00e9\\U0001F600\\/ \\\n   && \\  Xyz"\n',
        'k: "a\n\n   \\x20 && Xyz"\n',
        "k: |\n  a\n    && Xyz\n",
        "k: |2-\n    a\n  Xyz\n",
        "k: |+ # why\n\n  a\n\n  && Xyz\n\n\n",
        "k: >\n  a\n  &&\n\n\n  Xyz\n",
        "k: >-\n  a\n    b\n  Xyz\n",
        "k: |\r\n  a\r\n  && Xyz\r\n",
        "k: 日本 && 😀 Xyz\n",
        "k: a\tXyz\n",
    ],
)
def test_places(text: str) -> None:
    assert pointed(text, "Xyz").startswith("Xyz")


def test_an_escape_is_found_where_it_begins() -> None:
    assert pointed('k: "a\\x41b"', "A") == '\\x41b"'
    assert pointed('k: "a\\tb"', "\t") == '\\tb"'
    assert pointed("k: 'a''b'", "'") == "''b'"


def test_the_end_lies_behind_the_last_character() -> None:
    for text in ("k: ab", "k: ab   \n", "k: 'ab'", "k: |\n  ab\n\n", "k: >\n  ab\n", 'k: "ab  "'):
        assert offsets(value_of(text), text)[-1] == text.index("b") + 1


def test_an_empty_value_has_a_place_too() -> None:
    assert offsets(value_of("k: ''"), "k: ''") == [3]
    assert offsets(value_of("k: |\n\n"), "k: |\n\n") == [3]


WORDS = st.lists(
    st.sampled_from(["a", "&&", "x.y", '"', "'", "\\", "é", "日本", "😀", "#", ":", "- ", " ", "\n", "\t", "''"])
)


@settings(max_examples=300)
@given(WORDS.map("".join), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(20, 60))
def test_any_text_in_any_style(value: str, style: str | None, width: int) -> None:
    text = yaml.safe_dump({"j": 1, "k": value}, default_style=style, width=width, allow_unicode=True)
    scalar = value_of(text)
    found = offsets(scalar, text)
    assert scalar.text == value
    assert len(found) == len(value) + 1
    assert found[:-1] == sorted(found[:-1])
    for character, offset in zip(value, found, strict=False):
        if not character.isspace():
            assert text[offset] in (character, "\\")


@settings(max_examples=200)
@given(st.text())
def test_any_text_as_json(value: str) -> None:
    text = '{"k": ' + json.dumps(value) + "}"
    if "\\ud" in text:  # a pair of surrogates is JSON's way, not YAML's
        return
    scalar = value_of(text)
    found = offsets(scalar, text)
    for character, offset in zip(value, found, strict=False):
        if not character.isspace():
            assert text[offset] in (character, "\\")
