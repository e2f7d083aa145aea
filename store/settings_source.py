"""Where settings come from: a YAML file, the environment, the command line. All give texts, each with its place."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from store.settings_branch import ANY, Branch, did_you_mean, is_null, named, place

Key = tuple[str, ...]

FILE_SUFFIX = "_file"
PREFIX = "NOSHOW_"
CONFIG = "NOSHOW_CONFIG"
TOKEN = "NOSHOW_TOKEN"  # of commands that ask a server, which no setting is


@dataclass(frozen=True, slots=True)
class Given:
    """A setting's text, the place it stands at, and the folder that relative paths in it are meant from.

    A `broken` one has been given and reported, but has no text.
    """

    text: str
    place: str
    base: Path
    broken: bool = False


def environment_name(key: Key) -> str:
    return PREFIX + "_".join(key).upper()


def from_environment(environ: Mapping[str, str], keys: Iterable[Key], problems: list[str]) -> dict[Key, Given]:
    """Every `NOSHOW_…` name of the environment; `keys` are those that may be there."""
    names = {environment_name(key): key for key in keys}
    given = {}
    for name, text in sorted(environ.items()):
        if name in names:
            given[names[name]] = Given(text, name, Path())
        elif name.startswith(PREFIX) and name not in (CONFIG, TOKEN):
            problems.append(f"{name}: unknown setting{did_you_mean(name, [*names, CONFIG, TOKEN], PREFIX)}")
    return given


def from_command_line(overrides: Mapping[str, object]) -> dict[Key, Given]:
    """Options by dotted name; `None` is an option that was not given."""
    return {
        tuple(name.split(".")): Given(str(value), "--" + name.replace(".", "-").replace("_", "-"), Path())
        for name, value in overrides.items()
        if value is not None
    }


def from_file(
    file: Path, keys: Iterable[Key], branches: dict[Key, Branch | None], problems: list[str]
) -> dict[Key, Given]:
    """The scalars of a YAML file; `keys` are those that may be there. Those of `branches` are read by others: what
    stands there is put in."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file}: cannot be read: {_reason(error)}")
        return {}
    except yaml.YAMLError as error:
        problems.append(_syntax(file, error))
        return {}
    return {} if root is None else dict(_Walk(file, tuple(keys), branches, problems).scalars(root, ()))


def with_files_read(given: Mapping[Key, Given], secrets: Iterable[Key], problems: list[str]) -> dict[Key, Given]:
    """Of one source: what `…_file` names is read and put in the place of the secret itself."""
    read = dict(given)
    for key in [key for key in given if key[-1].endswith(FILE_SUFFIX)]:
        secret = (*key[:-1], key[-1].removesuffix(FILE_SUFFIX))
        if any(matches(secret, pattern) for pattern in secrets):
            named = read.pop(key)
            if secret in given:
                problems.append(f"{named.place}: give the secret or its file, not both")
            else:
                read[secret] = _from_secret_file(named, problems)
    return read


def _from_secret_file(named: Given, problems: list[str]) -> Given:
    try:
        text = (named.base / named.text).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        problems.append(f"{named.place}: the file {named.text} cannot be read: {_reason(error)}")
        return replace(named, text="", broken=True)
    return replace(named, text=text)


def matches(key: Key, pattern: Key) -> bool:
    return len(key) == len(pattern) and all(p in (ANY, k) for k, p in zip(key, pattern, strict=True))


class _Walk:
    def __init__(
        self, file: Path, keys: tuple[Key, ...], branches: dict[Key, Branch | None], problems: list[str]
    ) -> None:
        self._file = file
        self._keys = (*keys, *branches)
        self._branches = branches
        self._problems = problems

    def scalars(self, node: yaml.Node, key: Key) -> Iterator[tuple[Key, Given]]:
        if key in self._branches:
            self._branches[key] = None if is_null(node) else Branch(self._file, ".".join(key), node, self._problems)
        elif any(matches(key, pattern) for pattern in self._keys):
            yield from self._scalar(node, key)
        elif isinstance(node, yaml.MappingNode):
            yield from self._mapping(node, key)
        elif not is_null(node) or self._is_named(key):
            self._report(node, f"{'.'.join(key) or 'settings'}: expected a mapping")

    def _scalar(self, node: yaml.Node, key: Key) -> Iterator[tuple[Key, Given]]:
        if not isinstance(node, yaml.ScalarNode) or is_null(node):
            self._report(node, f"{'.'.join(key)}: expected a single value")
        else:
            yield key, Given(node.value, f"{place(self._file, node.start_mark)}: {'.'.join(key)}", self._file.parent)

    def _mapping(self, node: yaml.MappingNode, key: Key) -> Iterator[tuple[Key, Given]]:
        for name, value in named(node, self._below(key), self._report, ".".join(key)):
            yield from self.scalars(value, (*key, name))

    def _is_named(self, key: Key) -> bool:
        """Whether the last part of `key` is a name of the writer's own: then something must stand below it."""
        depth = len(key)
        return any(len(p) > depth > 0 and p[depth - 1] == ANY and matches(key, p[:depth]) for p in self._keys)

    def _below(self, key: Key) -> list[str]:
        """The names that may stand in the mapping at `key`."""
        depth = len(key)
        patterns = (pattern for pattern in self._keys if len(pattern) > depth and matches(key, pattern[:depth]))
        return list(dict.fromkeys(pattern[depth] for pattern in patterns))

    def _report(self, node: yaml.Node, what: str) -> None:
        self._problems.append(f"{place(self._file, node.start_mark)}: {what}")


def _syntax(file: Path, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{place(file, error.problem_mark)}: not valid YAML: {error.problem}"
    return f"{file}: not valid YAML: {str(error).splitlines()[0]}"


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8 text"
