"""The fixed queries: each says what it is, and no query is there for nothing."""

import re
from pathlib import Path

import pytest

from api.sql import FOLDER, query

NAMES = sorted(file.stem for file in FOLDER.glob("*.sql"))


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_name_and_a_description_on_top(name: str) -> None:
    assert re.match(rf"-- {name}: \w.+[.;]", query(name))


def test_each_is_used() -> None:
    source = "".join(file.read_text() for file in Path(FOLDER).parent.glob("*.py"))
    assert sorted(set(re.findall(r'query\("(\w+)"\)', source))) == NAMES


def test_a_name_that_is_none() -> None:
    with pytest.raises(KeyError):
        query("nothing")
