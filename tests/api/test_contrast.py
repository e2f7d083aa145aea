"""The stylesheet's colours: text can be read on its background, by day and by night (WCAG AA)."""

import re

import pytest

from api.assets import assets
from api.causes import RAILS

ON = {
    "ground": ("text", "muted", "accent", "red", "amber", "blue"),
    "panel": ("text", "muted", "accent", "red", "amber", "blue", "green"),
    "sunken": ("text", "muted", "accent", "red", "amber", "blue"),
    "red-ground": ("red",),
    "amber-ground": ("amber",),
    "green-ground": ("green",),
    "blue-ground": ("blue",),
    "grey-ground": ("muted",),
    "accent": ("on-accent",),
}
MARKS = ("mark-red", "mark-amber", "mark-green", "mark-blue", *(f"rail-{rail}" for rail in range(RAILS)))


def schemes() -> tuple[dict[str, str], dict[str, str]]:
    """The custom properties that are colours: by day, and by night."""
    light, dark = assets()["noshow.css"].content.decode().split("prefers-color-scheme: dark")[:2]
    day = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return day, day | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("night", [False, True])
def test_text_stands_out(night: bool) -> None:
    colours = schemes()[night]
    pairs = [(text, ground) for ground, texts in ON.items() for text in texts]
    poor = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in poor.items() if value < 4.5} == {}


@pytest.mark.parametrize("night", [False, True])
def test_marks_and_borders_of_controls_stand_out(night: bool) -> None:
    colours = schemes()[night]
    poor = {name: round(contrast(colours[name], colours["panel"]), 2) for name in (*MARKS, "strong-line")}
    assert {name: value for name, value in poor.items() if value < 3} == {}
