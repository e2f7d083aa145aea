"""Whatever a rule directory has gone through: a good one is in force as it is, and no rule was ever lost on the way."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.lint import across, load
from rules.live.admit import Rulebook, admit
from rules.live.watch import Watch
from rules.spec import Workflow
from tests.conftest import NOON
from tests.rules.rule_folder import RuleFolder, rule

NAMES = ("a", "b", "c")
TEXTS = [
    None,
    "workflow: [w",
    *(rule(name, within) for name in NAMES for within in ("1h", "2h")),
    *(rule(name, more="version: 2\neffective_from: 2026-01-01\n") for name in NAMES[:2]),
    rule("a", more="version: 3\neffective_from: 2025-01-01\n"),
]
changes = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from(TEXTS), min_size=1)


def change(folder: RuleFolder, files: dict[str, str | None]) -> None:
    for name, text in files.items():
        if text is not None:
            folder.put(f"{name}.yaml", text)
        elif (folder.path / f"{name}.yaml").exists():
            folder.drop(f"{name}.yaml")


def text_of(file: str) -> str | None:
    path = Path(file)
    return path.read_text() if path.exists() else None


def in_force(workflows: Iterable[Workflow]) -> set[tuple[str, str]]:
    return {(it.name, it.content_hash) for it in workflows}


@given(st.lists(changes, max_size=6))
@settings(max_examples=150, deadline=None)
def test_every_history(history: list[dict[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = RuleFolder(Path(place))
        folder.put("x.yaml", rule("a"))
        watch = Watch(folder.path)
        book = admit(Rulebook(), watch.read(), NOON)
        for files in history:
            before = book
            change(folder, files)
            book = admit(before, watch.read(), NOON)
            assert not across({file: it.read.parsed for file, it in book.taken.items()}), "they fit together"
            names = {it.name for it in book.workflows}
            assert names, "never without a rule"
            for file, it in before.taken.items():
                if it.workflow.name not in names:
                    assert text_of(file) != it.read.text, "only what was changed or removed is lost"
            loaded = load(folder.path)
            if loaded.workflows and not loaded.failed:
                assert book.refused == {}
                assert in_force(book.workflows) == in_force(loaded.workflows), "as after a start with this directory"
            for file in book.refused:
                assert not before.taken.get(file) or file in book.taken, "what was in force of it goes on"
