"""The outcomes of stories as JUnit XML: a testcase for each story and instant."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from rules.story.run import Outcome
from rules.story.story import Suite
from rules.story.text import difference_lines, place, title

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(path: Path, suites: Sequence[Suite], outcomes: Sequence[Sequence[Outcome]]) -> None:
    """Raises OSError."""
    failures = sum(bool(it.differences) for each in outcomes for it in each)
    root = Element("testsuites", tests=str(sum(map(len, outcomes))), failures=str(failures), errors="0")
    for suite, each in zip(suites, outcomes, strict=True):
        _suite(root, suite, each)
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _suite(root: Element, suite: Suite, outcomes: Sequence[Outcome]) -> None:
    failures = str(sum(bool(it.differences) for it in outcomes))
    name = _fit(suite.file)
    element = SubElement(root, "testsuite", name=name, tests=str(len(outcomes)), failures=failures, errors="0")
    for outcome in outcomes:
        case = SubElement(element, "testcase", classname=_fit(suite.workflow), name=_fit(title(outcome)), file=name)
        if outcome.differences:
            told = [place(suite.file, outcome), *difference_lines(outcome), "", *outcome.reasons]
            failure = SubElement(case, "failure", message=_fit(next(difference_lines(outcome))), type="expectation")
            failure.text = _fit("\n".join(told))


def _fit(text: str) -> str:
    """Without what XML can't hold, even escaped."""
    return _NO_XML.sub("\ufffd", text)
