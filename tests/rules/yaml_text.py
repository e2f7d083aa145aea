"""Values of a rule file as YAML that reads back to them."""

from collections.abc import Mapping

import yaml

from store.event import HOUR, MINUTE
from tests.rules.expression_text import seconds

Yaml = str | int | float | bool | list["Yaml | None"] | dict[str, "Yaml | None"]


class Quoted(str):
    """Text in quotes, also where it would read as a number."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_DOUBLE_QUOTED = '"'
_Dumper.add_representer(
    Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=_DOUBLE_QUOTED)
)


def dumped(node: Yaml) -> str:
    text: str = yaml.dump(node, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text


def given(keys: Mapping[str, Yaml | None]) -> Yaml:
    return {name: value for name, value in keys.items() if value is not None}


def duration(micros: int | None) -> Yaml | None:
    if micros is None:
        return None
    for unit, letter in ((HOUR, "h"), (MINUTE, "m")):
        if micros % unit == 0:
            return f"{micros // unit}{letter}"
    return f"PT{seconds(micros).upper()}"
