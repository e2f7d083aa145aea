"""A draft as the text of a rule file, the evidence in comments."""

import textwrap
from collections.abc import Iterator

from rules.suggest.draft import Draft, DraftStep
from rules.suggest.duration import written
from rules.suggest.word import expression_in_yaml, in_yaml

SCHEMA = "# yaml-language-server: $schema=noshow.schema.json"
_WIDTH = 110


def text(draft: Draft) -> str:
    """The whole file."""
    lines = [SCHEMA, *_comments(draft.header), "", *_workflow(draft), "", "steps:"]
    for step in draft.steps:
        lines += _step(step)
    if draft.left_out:
        lines += ["", *(f"# {_shown(line)}" for line in draft.left_out)]
    return "\n".join(lines) + "\n"


def _comments(notes: tuple[str, ...], indent: str = "", hanging: str = "") -> Iterator[str]:
    for note in notes:
        first, rest = f"{indent}# ", f"{indent}# {hanging}"
        yield from textwrap.wrap(_shown(note), _WIDTH, initial_indent=first, subsequent_indent=rest)


def _shown(note: str) -> str:
    """On one line, whatever a name in it holds."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in note)


def _workflow(draft: Draft) -> Iterator[str]:
    keys = {
        "workflow": draft.workflow,
        "noun": in_yaml(draft.noun) if draft.noun else "",
        "owner": in_yaml(draft.owner) if draft.owner else "",
        "start": in_yaml(draft.start),
        "grace": written(draft.grace) if draft.grace else "",
        "at_risk": _at_risk(draft),
        "customer": expression_in_yaml(draft.customer),
        "cancel": _names(draft.cancel),
        "ends_on": _names(draft.ends_on),
    }
    for key, value in keys.items():
        if value:
            yield from _noted(f"{key}: {value}", draft.notes.get(key, ""))


def _noted(line: str, note: str) -> Iterator[str]:
    """The note behind the line, or above it where that would be too wide."""
    behind = f"{line}  # {_shown(note)}" if note else line
    if len(behind) <= _WIDTH:
        yield behind
    else:
        yield from _comments((note,), hanging="  ")
        yield line


def _at_risk(draft: Draft) -> str:
    if not draft.unit:
        return expression_in_yaml(draft.value)
    return f"{{value: {_in_braces(draft.value)}, unit: {_in_braces(draft.unit)}}}"


def _in_braces(expression: str) -> str:
    """Between braces YAML reads brackets and commas as its own."""
    safe = not set(expression) & set("[]{},'")
    return expression_in_yaml(expression) if safe else f"'{expression.replace(chr(39), chr(39) * 2)}'"


def _names(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return in_yaml(names[0])
    return f"[{', '.join(in_yaml(name) for name in names)}]" if names else ""


def _step(step: DraftStep) -> Iterator[str]:
    keys = {
        "event": in_yaml(step.event) if step.event else "",
        "after": _names(step.after),
        "within": written(step.within) if step.within is not None else "",
        "due": expression_in_yaml(step.due),
        "when": expression_in_yaml(step.when),
        "optional": "true" if step.optional else "",
        "fails_on": _names(step.fails_on),
        "owner": in_yaml(step.owner) if step.owner else "",
    }
    yield f"  {in_yaml(step.name)}:"
    yield from _comments(step.notes, "    ", hanging="  ")
    yield from (f"    {key}: {value}" for key, value in keys.items() if value)
