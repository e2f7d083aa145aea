"""What the steps of a workflow must be as a whole: without cycles, each required one due some day, each needed one with
an end."""

from collections.abc import Iterator, Sequence

from rules.diagnostic import Check, Problems, printable, quoted
from rules.parse.mention import Mention
from rules.parse.step import Draft

_SHOWN = 12  # steps of a cycle that are named


def check_cycles(drafts: Sequence[Draft], problems: Problems) -> None:
    """Report every mention that closes a cycle, at its place."""
    edges = {draft.step.name: draft.mentions for draft in drafts}
    done: set[str] = set()
    for draft in drafts:
        if draft.step.name not in done:
            _walk_from(draft.step.name, edges, done, problems)


def _walk_from(root: str, edges: dict[str, tuple[Mention, ...]], done: set[str], problems: Problems) -> None:
    """Depth first, with a stack of our own: a chain of steps may be longer than Python's."""
    path: dict[str, Iterator[Mention]] = {root: iter(edges[root])}
    while path:
        current = next(reversed(path))
        mention = next(path[current], None)
        if mention is None:
            done.add(current)
            del path[current]
        elif mention.name in path:
            _report(mention, list(path), problems)
        elif mention.name in edges and mention.name not in done:
            path[mention.name] = iter(edges[mention.name])


def _report(mention: Mention, path: list[str], problems: Problems) -> None:
    cycle = [*path[path.index(mention.name) :], mention.name]
    if len(cycle) > _SHOWN:
        cycle = [*cycle[: _SHOWN - 2], "…", cycle[-1]]
    shown = " → ".join(printable(name) for name in cycle)
    what = "a step can't wait for itself" if len(cycle) == 2 else "these steps wait for each other"
    problems.error(mention.at, Check.CYCLE, f"{what}: {shown}")


def check_deadlines(drafts: Sequence[Draft], problems: Problems) -> None:
    """Report required steps that nothing gives a deadline; only for a workflow without `within`."""
    for draft in drafts:
        if draft.never_due:
            hint = "give it `within`, `due` or `needs`, give the workflow `within`, or say `optional: true`"
            message = f"the step {quoted(draft.step.name)} can never be due, so it could never be missed"
            problems.error(draft.at, Check.NEVER_DUE, message, hint)


def check_needs(drafts: Sequence[Draft], problems: Problems) -> None:
    """Report what `needs` names and has no `expires`: it would bound nothing."""
    lasting = {draft.step.name for draft in drafts if not draft.expires}
    for mention in (mention for draft in drafts for mention in draft.needs if mention.name in lasting):
        message = f'{quoted(mention.name)} under "needs" must say how long it lasts, and it has no "expires"'
        problems.error(mention.at, Check.MISSING_KEY, message, f"give {printable(mention.name)} an `expires`")
