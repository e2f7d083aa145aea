"""The arrows of the house: who may import whom, and that nothing goes in circles."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "store": set(),
    "collector": {"store"},
    "rules": {"store"},
    "reconcile": {"store", "rules"},
    "api": {"store", "rules", "reconcile"},
    "noshow": {"store", "collector", "rules", "reconcile", "api", "noshow_sdk"},
    "noshow_sdk": set(),
}
PLACE = {"noshow_sdk": ROOT / "sdk"}  # of a package that is not at the root
BENEATH_THE_SDK = {"opentelemetry", "google", "requests"}  # the latter two come with OpenTelemetry's exporter
SPEC_FINDINGS_AND_TRUTH = {
    *("rules.spec", "rules.spec_truth", "rules.expression", "rules.expression_text"),
    *("rules.verdict", "rules.truth", "rules.awaited"),
}


def sources(package: str) -> Iterator[tuple[str, ast.Module]]:
    root = PLACE.get(package, ROOT)
    for path in sorted((root / package).rglob("*.py")):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        yield module.removesuffix(".__init__"), ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of ours, as `package.module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    for module, tree in sources(package):
        for name in imported(tree):
            owner = name.split(".")[0]
            if owner in MAY_IMPORT and owner != package:
                assert owner in MAY_IMPORT[package], f"{module} must not import {name}"


def test_the_sdk_stands_on_opentelemetry_alone() -> None:
    for module, tree in sources("noshow_sdk"):
        beneath = BENEATH_THE_SDK | ({"sqlalchemy"} if module.startswith("noshow_sdk.outbox") else set())
        for name in imported(tree):
            owner = name.split(".")[0]
            assert owner in beneath | {"noshow_sdk"} | sys.stdlib_module_names, f"{module} must not import {name}"


def test_reconcile_takes_only_spec_findings_and_truth_from_the_rules() -> None:
    for module, tree in sources("reconcile"):
        for name in imported(tree):
            if name.startswith("rules."):
                assert ".".join(name.split(".")[:2]) in SPEC_FINDINGS_AND_TRUTH, f"{module} imports {name}"


def test_no_module_imports_itself_by_a_detour() -> None:
    trees = dict(pair for package in MAY_IMPORT for pair in sources(package))
    graph = {module: {name for name in imported(tree) if name in trees} for module, tree in trees.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(trees)


def test_no_import_hides_in_a_function() -> None:
    for package in MAY_IMPORT:
        for module, tree in sources(package):
            functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
            hidden = [name for function in functions for name in imported(function)]
            assert not hidden, f"{module} imports {hidden} inside a function"
