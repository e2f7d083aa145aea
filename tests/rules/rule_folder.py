"""A rule directory as editors and deployments change it."""

import os
from pathlib import Path


class RuleFolder:
    """Files are put in place whole, by renaming: two versions of one never look the same to a `stat`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, text: str) -> None:
        hidden = self.path / f".{name}"
        hidden.write_text(text)
        os.replace(hidden, self.path / name)

    def drop(self, name: str) -> None:
        (self.path / name).unlink()


def rule(name: str, within: str = "1h", more: str = "") -> str:
    return f"workflow: {name}\nstart: A\nsteps: {{B: {{within: {within}}}}}\n{more}"
