"""The drawing: nothing overlaps, nothing leaves the page, causes stand above effects."""

from itertools import combinations
from xml.etree import ElementTree

import pytest

from rules.graph.graph import Link, graph
from rules.graph.lettering import lines, width
from rules.graph.svg import svg
from rules.spec import Workflow
from tests.rules.graphed import BOOKING, ODD, flat, workflow, woven

SVG = "{http://www.w3.org/2000/svg}"
MARGIN = 24
DRAWN = [workflow(BOOKING), workflow(ODD), flat(60), woven(60)]


class Drawing:
    """What stands where."""

    def __init__(self, text: str) -> None:
        self.root = ElementTree.fromstring(text)
        self.rects = [it.attrib for it in self.root.iter(f"{SVG}rect") if "box" in it.get("class", "")]
        self.boxes = [
            (float(it["x"]), float(it["y"]), float(it["x"]) + float(it["width"]), float(it["y"]) + float(it["height"]))
            for it in self.rects
        ]


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda it: it.name)
def test_boxes_do_not_overlap_and_stay_on_the_page(drawn: Workflow) -> None:
    drawing = Drawing(svg(graph(drawn)))
    assert len(drawing.boxes) >= len(drawn.steps) + 1
    for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations(drawing.boxes, 2):
        assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
    wide, tall = (float(drawing.root.attrib[it]) - 2 * MARGIN for it in ("width", "height"))
    for left, top, right, bottom in drawing.boxes:
        assert left >= -0.1 and top >= -0.1 and right <= wide + 1 and bottom <= tall + 1


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda it: it.name)
def test_every_arrow_goes_down(drawn: Workflow) -> None:
    made = graph(drawn)
    tops = {box.key: rect[1] for box, rect in zip(made.boxes, Drawing(svg(made)).boxes, strict=True)}
    for arrow in made.arrows:
        if arrow.link is not Link.ENDS:
            assert tops[arrow.source] < tops[arrow.target]


def test_sixty_steps_after_one_are_not_one_row() -> None:
    assert float(Drawing(svg(graph(flat(60)))).root.attrib["width"]) < 1_400


def test_what_is_said_is_text_whatever_characters_it_has() -> None:
    drawing = Drawing(svg(graph(workflow(ODD))))
    told = "".join(it.text or "" for it in drawing.root.iter(f"{SVG}text")).replace(" ", "")
    for step in workflow(ODD).steps:
        assert step.name.replace(" ", "") in told
    assert [it.tag for it in drawing.root.iter() if it.tag.endswith(("script", "b"))] == []


@pytest.mark.parametrize("text", ["Short", "PaymentReceivedAndCheckedTwice", "a" * 90, "one two three four five " * 3])
def test_lines_hold_all_of_the_text_and_are_no_wider_than_their_room(text: str) -> None:
    found = lines(text, 14, 120, 99, bold=True)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 14, bold=True) <= 120 for line in found)


def test_what_does_not_fit_ends_in_an_ellipsis_and_a_number_keeps_its_unit() -> None:
    assert lines("one two three four five six", 12, 60, 2) == ["one two", "three…"]
    assert lines("warns within 15 min", 12, width("warns within 15 m", 12), 9) == ["warns within", "15 min"]
