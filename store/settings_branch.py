"""A part of the settings file with a shape of its own, such as the tree of routes: YAML, each node with its place."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

ANY = "*"
"""Among names that may stand somewhere: any other as well."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Branch:
    """A node under its dotted name. What is wrong is added to `problems`, with file, line and column."""

    file: Path
    name: str
    node: yaml.Node
    problems: list[str]

    def problem(self, what: str) -> None:
        self._report(self.node, f"{self.name}: {what}")

    def members(self, allowed: Collection[str]) -> dict[str, "Branch"]:
        """What stands in a mapping, by name; only what may."""
        if not isinstance(self.node, yaml.MappingNode):
            self.problem("expected a mapping")
            return {}
        found = named(self.node, allowed, self._report, self.name)
        return {name: self._below(f".{name}", value) for name, value in found}

    def items(self) -> list["Branch"]:
        """What stands in a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.problem("expected a list")
            return []
        return [self._below(f"[{number}]", node) for number, node in enumerate(self.node.value)]

    def text(self) -> str | None:
        """A single value, as it is written."""
        if not isinstance(self.node, yaml.ScalarNode) or is_null(self.node):
            self.problem("expected a single value")
            return None
        return str(self.node.value)

    def alternatives(self) -> list["Branch"]:
        """What stands in a list; else itself, as the only one."""
        return self.items() if isinstance(self.node, yaml.SequenceNode) else [self]

    def texts(self) -> list[str]:
        """A single value, or a list of them."""
        return [text for branch in self.alternatives() if (text := branch.text()) is not None]

    def parsed(self, parse: Callable[[str], T], default: T) -> T:
        """What the value means; `parse` raises `ValueError` that says what was expected."""
        text = self.text()
        try:
            return default if text is None else parse(text)
        except ValueError as error:
            self.problem(str(error))
            return default

    def _report(self, node: yaml.Node, what: str) -> None:
        self.problems.append(f"{place(self.file, node.start_mark)}: {what}")

    def _below(self, name: str, node: yaml.Node) -> "Branch":
        return Branch(self.file, self.name + name, node, self.problems)


def named(
    node: yaml.MappingNode, allowed: Collection[str], problem: Callable[[yaml.Node, str], None], above: str
) -> Iterator[tuple[str, yaml.Node]]:
    """The members of a mapping that may be there, each once; of the others `problem` is told."""
    seen: dict[str, int] = {}
    for name_node, value in node.value:
        name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
        if not name:
            problem(name_node, "expected a name")
        elif name in seen:
            problem(name_node, f"{name}: given twice; the first is in line {seen[name]}")
        elif name in allowed or ANY in allowed:
            seen[name] = name_node.start_mark.line + 1
            yield name, value
        else:
            problem(name_node, f"{f'{above}.' if above else ''}{name}: unknown setting{did_you_mean(name, allowed)}")


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def place(file: Path, mark: yaml.Mark) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


def did_you_mean(name: str, names: Iterable[str], prefix: str = "") -> str:
    """The hint that names the nearest of `names`, if one is near; `prefix` is what all begin with."""
    near = difflib.get_close_matches(name.removeprefix(prefix), [name.removeprefix(prefix) for name in names], n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""
