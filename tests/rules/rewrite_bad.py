"""Rewrites what is expected of each file in `bad/`: `python -m tests.rules.rewrite_bad`. Read the difference."""

from pathlib import Path

from rules.diagnostic import render
from rules.parse.rule import parse
from rules.parse.source import lines_of

BAD = Path(__file__).parent / "bad"


def rendered(file: Path) -> str:
    """Everything that is wrong with a rule file, as people see it."""
    text = file.read_text(encoding="utf-8")
    found = parse(text, file.name).diagnostics
    return "\n\n".join(render(diagnostic, lines_of(text)) for diagnostic in found) + "\n"


def main() -> None:
    for file in sorted(BAD.glob("*.yaml")):
        file.with_suffix(".txt").write_text(rendered(file), encoding="utf-8")


if __name__ == "__main__":
    main()
