"""Where settings come from: a YAML file, the environment, the command line. All give texts, each with its place."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

Key = tuple[str, ...]

# Stands for any name in a key, such as the owner of an endpoint.
ANY = "*"
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


def from_file(file: Path, keys: Iterable[Key], problems: list[str]) -> dict[Key, Given]:
    """The scalars of a YAML file; `keys` are those that may be there."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{file}: cannot be read: {_reason(error)}")
        return {}
    except yaml.YAMLError as error:
        problems.append(_syntax(file, error))
        return {}
    return {} if root is None else dict(_Walk(file, tuple(keys), problems).scalars(root, ()))


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


def did_you_mean(name: str, names: Iterable[str], prefix: str = "") -> str:
    """The hint that names the nearest of `names`, if one is near; `prefix` is what all begin with."""
    near = difflib.get_close_matches(name.removeprefix(prefix), [name.removeprefix(prefix) for name in names], n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


class _Walk:
    def __init__(self, file: Path, keys: tuple[Key, ...], problems: list[str]) -> None:
        self._file = file
        self._keys = keys
        self._problems = problems

    def scalars(self, node: yaml.Node, key: Key) -> Iterator[tuple[Key, Given]]:
        if any(matches(key, pattern) for pattern in self._keys):
            yield from self._scalar(node, key)
        elif isinstance(node, yaml.MappingNode):
            yield from self._mapping(node, key)
        elif not _is_null(node) or self._is_named(key):
            self._problem(node, f"{'.'.join(key) or 'settings'}: expected a mapping")

    def _scalar(self, node: yaml.Node, key: Key) -> Iterator[tuple[Key, Given]]:
        if not isinstance(node, yaml.ScalarNode) or _is_null(node):
            self._problem(node, f"{'.'.join(key)}: expected a single value")
        else:
            yield key, Given(node.value, f"{self._place(node)}: {'.'.join(key)}", self._file.parent)

    def _mapping(self, node: yaml.MappingNode, key: Key) -> Iterator[tuple[Key, Given]]:
        allowed = self._below(key)
        seen: dict[str, int] = {}
        for name_node, value in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            if not name:
                self._problem(name_node, "expected a name")
            elif name in seen:
                self._problem(name_node, f"{name}: given twice; the first is in line {seen[name]}")
            elif name in allowed or ANY in allowed:
                seen[name] = name_node.start_mark.line + 1
                yield from self.scalars(value, (*key, name))
            else:
                whole = ".".join((*key, name))
                self._problem(name_node, f"{whole}: unknown setting{did_you_mean(name, allowed)}")

    def _is_named(self, key: Key) -> bool:
        """Whether the last part of `key` is a name of the writer's own: then something must stand below it."""
        depth = len(key)
        return any(len(p) > depth > 0 and p[depth - 1] == ANY and matches(key, p[:depth]) for p in self._keys)

    def _below(self, key: Key) -> list[str]:
        """The names that may stand in the mapping at `key`."""
        depth = len(key)
        patterns = (pattern for pattern in self._keys if len(pattern) > depth and matches(key, pattern[:depth]))
        return list(dict.fromkeys(pattern[depth] for pattern in patterns))

    def _place(self, node: yaml.Node) -> str:
        return _place(self._file, node.start_mark)

    def _problem(self, node: yaml.Node, what: str) -> None:
        self._problems.append(f"{self._place(node)}: {what}")


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _place(file: Path, mark: yaml.Mark) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


def _syntax(file: Path, error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{_place(file, error.problem_mark)}: not valid YAML: {error.problem}"
    return f"{file}: not valid YAML: {str(error).splitlines()[0]}"


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8 text"
