"""The drawing of a rule in a browser: all text is inside its box, in the light and in the dark."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from rules.graph.graph import graph
from rules.graph.svg import svg
from rules.spec import Workflow
from tests.rules.graphed import BOOKING, ODD, workflow, woven

CLIPPED = """() => [...document.querySelectorAll('g > g')].flatMap(box => {
  const room = box.querySelector('rect').getBBox();
  return [...box.querySelectorAll('text')].filter(text => {
    const it = text.getBBox();
    return it.x + it.width > room.x + room.width || it.y + it.height > room.y + room.height || it.y < room.y;
  }).map(text => text.textContent);
})"""
COLOURS = """() => ['.paper', 'rect.box', 'text.name'].map(it => getComputedStyle(document.querySelector(it)).fill)"""


@pytest.mark.parametrize("drawn", [workflow(BOOKING), workflow(ODD), woven(60)], ids=lambda it: it.name)
def test_no_text_leaves_its_box(browser: Browser, tmp_path: Path, drawn: Workflow) -> None:
    (tmp_path / "rule.svg").write_text(svg(graph(drawn)))
    with browser.new_page() as page:
        page.goto(f"file://{tmp_path}/rule.svg")
        assert page.evaluate(CLIPPED) == []


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_is_light_or_dark_as_the_reader_likes_it(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], is_dark: bool
) -> None:
    (tmp_path / "rule.svg").write_text(svg(graph(workflow(BOOKING))))
    with browser.new_page(color_scheme=scheme) as page:
        page.goto(f"file://{tmp_path}/rule.svg")
        paper, box, name = (sum(map(int, it[4:-1].split(","))) for it in page.evaluate(COLOURS))
    assert (paper < name, box < name) == (is_dark, is_dark)
