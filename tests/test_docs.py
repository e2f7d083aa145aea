"""What the README promises is there: it names every setting, command and route, and its examples work."""

import re
from pathlib import Path

import click
import pytest

from noshow.cli import noshow
from rules.parse.rule import parse
from store.settings import SETTINGS, Setting

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_named(setting: Setting[object]) -> None:
    assert f"`{setting.name}`" in README
    assert f"`{setting.environment}`" in README


def test_every_command_is_named() -> None:
    context = click.Context(noshow)
    for name in noshow.list_commands(context):
        command = noshow.get_command(context, name)
        assert command is not None
        assert command.name == name
        names = [f"{name} {sub}" for sub in command.commands] if isinstance(command, click.Group) else [name]
        for each in names:
            assert f"noshow {each}" in README, each


def test_the_rule_in_it_is_a_rule() -> None:
    [text] = re.findall(r"```yaml\n(# orders.yaml.*?)```", README, re.DOTALL)
    parsed = parse(text, "orders.yaml")
    assert parsed.diagnostics == ()
    assert parsed.workflow is not None


def test_every_target_of_make_is_described() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "lint", "bench", "setup", "help"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE), target
