"""docs/sdk.md names everything that is public, and its examples are Python; the other page names the same keys."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

import noshow_sdk
from noshow_sdk import Configuration, Stats
from noshow_sdk.correlation import CAUSATION, CORRELATION
from noshow_sdk.outbox import Outbox
from noshow_sdk.sender import ID
from tests.docs.pages import DOCS, ROOT

MANUAL = (DOCS / "sdk.md").read_text()
OTHERS = (DOCS / "other-languages.md").read_text()


@pytest.mark.parametrize("name", noshow_sdk.__all__)
def test_the_manual_names_what_is_public(name: str) -> None:
    assert re.search(rf"\b{name}\b", MANUAL) or name in ("Client", "Stats")


@pytest.mark.parametrize("field", [field.name for kind in (Stats, Configuration) for field in fields(kind)])
def test_the_manual_names_what_is_counted_and_what_can_be_set(field: str) -> None:
    assert f"`{field}`" in MANUAL


@pytest.mark.parametrize("page", [DOCS / "sdk.md", ROOT / "sdk" / "README.md"], ids=lambda page: page.name)
def test_its_examples_are_python_and_import_what_is_there(page: Path) -> None:
    for text in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module == "noshow_sdk":
                assert {alias.name for alias in node.names} <= set(noshow_sdk.__all__)


def test_the_page_for_other_languages_says_what_the_sdk_sends() -> None:
    for key in (CORRELATION, CAUSATION, ID):
        assert OTHERS.count(key) >= 2


def test_the_manual_names_the_table_of_the_outbox() -> None:
    assert Outbox.__init__.__defaults__ == ("noshow_outbox",)
    assert "noshow_outbox" in MANUAL
