"""Rule files side by side: the versions of a workflow must not contradict each other."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from rules.diagnostic import Check, Diagnostic, printable, quoted
from rules.parse.rule import Parsed
from rules.spec import Workflow

_Versions = Mapping[str, Workflow]


def check_versions(parsed: Mapping[str, Parsed]) -> list[Diagnostic]:
    """Errors, given what the files hold: a version that is there twice, one that does not take effect later than the
    one below it, one that starts otherwise."""
    repeated = list(_repeated(parsed))
    left_out = {diagnostic.file for diagnostic in repeated}
    good = {file: each.workflow for file, each in parsed.items() if each.workflow and file not in left_out}
    return [*repeated, *(found for below, above in _neighbours(good) for found in _compared(below, above, parsed))]


def _repeated(parsed: Mapping[str, Parsed]) -> Iterator[Diagnostic]:
    """One for each file that holds what an earlier one holds already, whatever else is wrong with either."""
    first: dict[tuple[str, int], str] = {}
    for file, each in parsed.items():
        if each.name is None or each.version is None:
            continue
        key = each.name.name, each.version
        if key in first:
            yield _again(file, each, first[key])
        else:
            first[key] = f"{printable(file)}:{each.name.at.line}:{each.name.at.column}"


def _again(file: str, each: Parsed, other: str) -> Diagnostic:
    assert each.name is not None
    of_version = f"version {each.version} of " if each.version != 1 else ""
    at = each.places.get(("version",), each.name.at)
    message = f"there is {of_version or 'a '}workflow {quoted(each.name.name)} already, in {other}"
    hint = "a later version of it has a higher `version` and an `effective_from`"
    return Diagnostic(file, at.line, at.column, Check.DUPLICATE_WORKFLOW, message, hint)


def _neighbours(workflows: _Versions) -> Iterable[tuple[str, str]]:
    """The files of each two versions of a workflow that follow each other."""
    by_name: dict[str, list[str]] = {}
    for file in sorted(workflows, key=lambda file: workflows[file].version):
        by_name.setdefault(workflows[file].name, []).append(file)
    for files in by_name.values():
        yield from pairwise(files)


def _compared(below: str, above: str, parsed: Mapping[str, Parsed]) -> Iterator[Diagnostic]:
    earlier, later = parsed[below].workflow, parsed[above].workflow
    assert earlier is not None and later is not None
    other = f"version {earlier.version}, in {printable(below)}"
    if later.start != earlier.start:
        yield _at("start", above, parsed, f"all versions of a workflow share their start, and that of {other}, differs")
    if earlier.effective_from is not None and (later.effective_from or 0) <= earlier.effective_from:
        message = f"version {later.version} must take effect later than {other}"
        yield _at("effective_from", above, parsed, message)


def _at(key: str, file: str, parsed: Mapping[str, Parsed], message: str) -> Diagnostic:
    at = parsed[file].places[key,]
    return Diagnostic(file, at.line, at.column, Check.VERSION, message)
