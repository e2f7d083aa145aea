"""The example of docs/testing-rules.md does what the page says, and the page names all that there is."""

import re
from pathlib import Path

import click
import pytest

from noshow.rule_commands import rules_group
from rules.story.parse import CHECK, FILE, STORY
from rules.story.parse_events import EVENT
from rules.story.parse_expect import EXPECT, STEP
from tests.docs.pages import DOCS
from tests.noshow.command import noshow

PAGE = (DOCS / "testing-rules.md").read_text()
FILES = {name: text for text, name in re.findall(r"```yaml\n(# (\S+)\n.*?)```", PAGE, re.DOTALL)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_example_holds(place: Path) -> None:
    [shown] = re.findall(r"\$ noshow (.*?)\n(.*?)```", PAGE, re.DOTALL)
    done = noshow(*shown[0].split(), cwd=place)
    assert (done.code, done.out, done.err) == (0, shown[1], "")


def test_the_example_of_what_does_not_hold_is_what_is_printed(place: Path) -> None:
    stories = place / "order.test.yml"
    stories.write_text(stories.read_text().replace("PaymentReceived: late\n", "PaymentReceived: on_time\n"))
    [shown] = re.findall(r"```\n(order\.test\.yml:.*?)```", PAGE, re.DOTALL)
    done = noshow("rules", "test", "order.yaml", cwd=place)
    for line in shown.splitlines():
        assert line in done.out.splitlines()


def test_every_key_and_option_is_told_of() -> None:
    keys = {*FILE.known, *STORY.known, *CHECK.known, *EVENT.known, *EXPECT.known, *STEP.known}
    for key in keys:
        assert re.search(rf"[`{{ ]{key}[`:]", PAGE), key
    command = rules_group.commands["test"]
    for option in (it for it in command.params if isinstance(it, click.Option)):
        assert option.opts[-1] in PAGE, option.opts
