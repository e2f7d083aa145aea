"""The pages under docs/ and the examples in them that tests execute, told by the words behind the fence:

- ```yaml rule: a rule file. Versions of one workflow that follow each other belong together;
- ```yaml story: a file of stories without `rules`, about the rules above it;
- ```yaml bad: a rule file that is wrong, or several that are together, and then ```text: what the linter prints for it.
  Between them may stand ```yaml settings, and ```json events, one a line, against which it holds the rules.

A third word names the file: ```yaml bad second.yaml. Else it is rule.yaml, then rule-2.yaml.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from noshow.linting import problems
from rules.diagnostic import Problems, render
from rules.lint import Loaded, load
from rules.parse.rule import parse
from rules.parse.source import Source
from rules.parse.yaml_tree import read
from rules.ruleset import rules_of
from rules.spec import Workflow
from rules.story.parse import suite
from rules.story.story import Suite
from store.clickhouse import ClickHouse

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<ticks>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=ticks) *$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """`line` is that of the fence, counted from 1; `section` the heading above."""

    page: Path
    line: int
    section: str
    info: tuple[str, ...]
    text: str

    @property
    def kind(self) -> str:
        marked = self.info[:1] in (("yaml",), ("json",)) and len(self.info) > 1
        return self.info[1] if marked else "".join(self.info[:1])

    @property
    def in_place(self) -> str:
        """The text, where it stands in the page: so what is wrong with it is told with the page's lines."""
        return "\n" * self.line + self.text

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True, slots=True)
class Example:
    """`rules` are versions of one workflow, `stories` are about them."""

    rules: list[Block] = field(default_factory=list)
    stories: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """Files that are wrong, what they are looked at with, and what is printed for them."""

    rules: list[Block]
    printed: Block
    settings: str
    events: str


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    text = page.read_text()
    return tuple(_block(page, text, found) for found in _FENCE.finditer(text))


def _block(page: Path, text: str, found: re.Match[str]) -> Block:
    line = text.count("\n", 0, found.start()) + 1
    above = _HEADING.findall(_FENCE.sub("", text[: found.start()]))
    return Block(page, line, above[-1] if above else "", tuple(found["info"].split()), found["text"])


def pages(*kinds: str) -> list[Path]:
    """Those that have a block of one of these kinds; without any, all."""
    found = sorted(DOCS.rglob("*.md"))
    return [page for page in found if not kinds or any(block.kind in kinds for block in blocks(page))]


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))


def slug(heading: str) -> str:
    """What a link behind `#` calls a heading, as GitHub does it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def examples(page: Path) -> list[Example]:
    found: list[Example] = []
    for block in blocks(page):
        if block.kind == "rule":
            if not found or not _belongs_to(block, found[-1]):
                found.append(Example())
            found[-1].rules.append(block)
        elif block.kind == "story":
            assert found, f"{block}: there is no rule above this story"
            found[-1].stories.append(block)
    return found


def _belongs_to(block: Block, example: Example) -> bool:
    """Whether this is one more version of the same workflow."""
    others = [parse(other.text, "") for other in example.rules]
    parsed = parse(block.text, "")
    same = all(other.name and parsed.name and other.name.name == parsed.name.name for other in others)
    return same and not example.stories and parsed.version not in [other.version for other in others]


def faults(page: Path) -> Iterator[Fault]:
    wrong: list[Block] = []
    beside: dict[str, str] = {}
    for block in blocks(page):
        if block.kind == "bad":
            wrong.append(block)
        elif wrong and block.kind in ("settings", "events"):
            beside[block.kind] = block.text
        elif wrong:
            assert block.kind == "text", f"{block}: after `yaml bad` stands `text` with what is printed for it"
            yield Fault(wrong, block, beside.get("settings", ""), beside.get("events", ""))
            wrong, beside = [], {}
    assert not wrong, f"{wrong[0]}: there is no `text` behind it with what is printed for it"


def loaded(rules: list[Block], folder: Path, *, in_place: bool = False) -> Loaded:
    """What the linter has to say of these files; `folder` is empty, and the current one."""
    for number, block in enumerate(rules, start=1):
        plain = f"rule-{number}.yaml" if number > 1 else "rule.yaml"
        called = block.info[2] if len(block.info) > 2 else plain
        (folder / called).write_text(block.in_place if in_place else block.text)
    return load(Path())


def printed(found: Loaded, retention: int | None = None, clickhouse: ClickHouse | None = None) -> str:
    """As `noshow rules lint` prints it, advice included."""
    told = problems(found, retention, clickhouse)
    return "".join(f"{render(it, found.sources.get(it.file, []))}\n" for it in told)


def told(block: Block, about: Iterable[Workflow]) -> Suite:
    """The stories of a block, in which nothing may be wrong."""
    wrong = Problems(str(block.page.relative_to(ROOT)), Source(block.in_place))
    found = suite(read(wrong), rules_of(about), wrong)
    lines = block.in_place.split("\n")
    assert wrong.found == [], "\n".join(render(it, lines) for it in wrong.found)
    assert found is not None and found.stories, f"{block}: there is no story in it"
    return found
