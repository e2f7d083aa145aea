"""The metrics that docs/metrics.md promises, and what a PromQL expression asks for."""

import re
from collections.abc import Iterator, Mapping

from tests.docs.pages import DOCS

_ROW = re.compile(r"^\| (`[^|]+`) \|\s*([a-z]*)\s*\|\s*([^|]*?)\s*\|", re.MULTILINE)
_SELECTOR = re.compile(r"\b((?:noshow|process)_\w+)(?:\{([^}]*)\})?")
_GROUPING = re.compile(r"\bby \(([^)]*)\)")
_SCRAPED = {"job", "instance", "le"}


def documented() -> Mapping[str, frozenset[str]]:
    """The labels of each series, by its name."""
    found = {}
    for names, kind, labels in _ROW.findall((DOCS / "metrics.md").read_text()):
        known = frozenset(re.findall(r"`(\w+)`", labels)) | _SCRAPED
        for name in re.findall(r"`(\w+)`", names):
            suffixes = ("_bucket", "_count", "_sum") if kind == "histogram" else ("",)
            found.update({name + suffix: known for suffix in suffixes})
    return found


def unknown(expression: str) -> Iterator[str]:
    """What it asks for and nobody tells: metrics, and labels of all of its metrics."""
    known = documented()
    labels: set[str] = set()
    for name, matchers in _SELECTOR.findall(expression):
        yield from () if name in known else (name,)
        labels |= known.get(name, frozenset())
        yield from set(re.findall(r"(\w+)\s*=", matchers)) - known.get(name, frozenset())
    for grouping in _GROUPING.findall(expression):
        yield from set(re.findall(r"\w+", grouping)) - labels
