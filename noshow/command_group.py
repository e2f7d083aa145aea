"""A group of commands whose modules are loaded when they are asked for: whoever checks a file does not wait until all
that a server needs is there."""

import gc
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import click


class CommandGroup(click.Group):
    """`places`: command -> `module:name` of what is that command."""

    def __init__(self, *arguments: Any, places: Mapping[str, str], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._places = places

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(self._places)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self._places:
            return None
        module, _, attribute = self._places[name].partition(":")
        command = getattr(_loaded(module), attribute)
        assert isinstance(command, click.Command)
        return command


def _loaded(module: str) -> ModuleType:
    """Nothing of it is garbage, now or at the end: to look for some takes as long as to load it."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()
