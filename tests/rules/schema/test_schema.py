"""The schema for editors and the parser speak of the same language."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from rules.diagnostic import Check, Level
from rules.parse import keys as parse_keys
from rules.parse.rule import parse
from rules.schema import keys as schema_keys
from rules.schema import values as schema_values
from rules.schema.schema import schema
from store.duration import parse_duration

HERE = Path(__file__).parent.parent
GOOD = sorted(HERE.glob("golden/*.yaml"))
BAD = sorted(HERE.glob("bad/*.yaml"))

VALIDATOR = Draft7Validator(schema())

OF_SHAPE = {
    *(Check.UNKNOWN_KEY, Check.MISSING_KEY, Check.TYPE, Check.NAME, Check.NUMBER, Check.DURATION, Check.CHOICE),
}
BEYOND = {
    "needs-what-does-not-expire": "what one step needs of another",
    "body-attribute-without-quotes": "a map like any other, but for the key's name",
    "body-infinite": "a number to YAML, and none to JSON",
}


class Core(yaml.SafeLoader):
    """YAML 1.2 as editors read it: no dates, and `yes` is text."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML's own way


for tag, pattern in {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "null": r"~|null|Null|NULL|",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}.items():
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), None)


def of_shape() -> list[Path]:
    """Bad files whose only errors are of these kinds, and which the editor's YAML can read."""
    return [file for file in BAD if OF_SHAPE.issuperset(checks(file)) and is_yaml(file)]


def checks(file: Path) -> set[Check]:
    found = parse(file.read_text(errors="replace"), file.name).diagnostics
    return {each.check for each in found if each.severity is Level.ERROR}


def is_yaml(file: Path) -> bool:
    try:
        yaml.load(file.read_text(errors="replace"), Core)
    except yaml.YAMLError:
        return False
    return True


def accepts(text: str) -> bool:
    return bool(VALIDATOR.is_valid(yaml.load(text, Core)))


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(schema())
    json.dumps(schema())


def test_it_has_the_keys_of_the_parser() -> None:
    assert {*schema_keys.WORKFLOW, "steps"} == set(parse_keys.WORKFLOW.known)
    assert set(schema_keys.STEP) == set(parse_keys.STEP.known)
    assert set(schema_keys.TRUTH) == set(parse_keys.TRUTH.known)
    assert set(schema_keys.ACTION) == set(parse_keys.ACTION.known)
    assert set(schema_keys.AT_RISK) == set(parse_keys.AT_RISK.known)


@pytest.mark.parametrize("key", ["WORKFLOW", "STEP", "TRUTH", "ACTION", "AT_RISK"])
def test_every_key_is_described_and_its_examples_and_default_are_valid(key: str) -> None:
    for value in getattr(schema_keys, key).values():
        assert re.search(r"[.)]$", value["description"])
        for example in (*value.get("examples", ()), *([value["default"]] if "default" in value else ())):
            assert Draft7Validator(value).is_valid(example), (value, example)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_rule_is_valid(file: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.load(file.read_text(), Core))] == []


@pytest.mark.parametrize("file", of_shape(), ids=lambda file: file.stem)
def test_what_is_wrong_in_shape_is_refused(file: Path) -> None:
    assert accepts(file.read_text()) == (file.stem in BEYOND or not checks(file))


DURATIONS = st.from_regex(r"[0-9dhmsPTYWMHS., -]{0,10}", fullmatch=True) | st.from_regex(
    r"([0-9]{1,2}d)?([0-9]{1,2}h)?([0-9]{1,2}m)?([0-9]{1,2}s)?|P([0-9]W)?([0-9]D)?(T([0-9]H)?([0-9]M)?)?",
    fullmatch=True,
)


@given(DURATIONS)
def test_durations_are_those_of_the_parser(text: str) -> None:
    try:
        micros = parse_duration(text)
    except ValueError:
        micros = -1
    assert Draft7Validator(schema_values.DEADLINE).is_valid(text) == (micros > 0)
    assert Draft7Validator(schema_values.ALLOWANCE).is_valid(text) == (micros >= 0)


def test_version_two_needs_a_beginning() -> None:
    rule = "workflow: w\nstart: A\nsteps: {B: {within: 1h}}\nversion: 2\n"
    assert not accepts(rule)
    assert accepts(rule + "effective_from: 2026-11-20T14:05:00Z\n")


@pytest.mark.parametrize("step", ["{within: 1h, undone_by: C}", "{after: C, after_any: [C]}", "[within]", "1h"])
def test_a_step_whose_keys_do_not_go_together_is_refused(step: str) -> None:
    assert not accepts(f"workflow: w\nstart: A\nsteps: {{B: {step}}}\n")


def test_a_step_may_have_nothing_under_its_name() -> None:
    assert accepts("workflow: w\nstart: A\nwithin: 1d\nsteps:\n  B:\n")
