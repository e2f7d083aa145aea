"""Options that several commands have, and the settings and the server that they name."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from noshow.client import Server, address, running
from store.settings import Settings, load

PATH = click.Path(path_type=Path)
TOKEN = click.option(
    "--token", envvar="NOSHOW_TOKEN", default="", metavar="TOKEN", help="API token; else NOSHOW_TOKEN, which ps hides."
)

FORMAT = click.option("--format", "format_", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)


def settings(overrides: Mapping[str, object], config: Path | None = None) -> Settings:
    """The settings in force. Raises SettingsError."""
    return load(os.environ, config, overrides)


def with_server(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator for commands that ask a running server, which they get as `server`: that of `--url`, else the one
    that runs on `--data`."""

    @click.option("--url", help="The server to ask; else the one that runs on --data.")
    @click.option("--data", type=PATH, help="Data directory of the running server.")
    @click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
    @TOKEN
    @functools.wraps(command)
    def asking(url: str | None, data: Path | None, config: Path | None, token: str, **more: Any) -> None:
        found = address(url) if url else running(settings({"data": data}, config))
        command(server=Server(found, token), **more)

    return asking


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator for commands that open the SQL database themselves: they get the `settings` that name it."""

    @click.option("--data", type=PATH, help="Data directory of the embedded stores.")
    @click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
    @functools.wraps(command)
    def opening(data: Path | None, config: Path | None, **more: Any) -> None:
        command(settings=settings({"data": data}, config), **more)

    return opening


def filtered_by(names: dict[str, str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator for commands that narrow a list: an option for each of `names`, which say what it is. The command
    gets `filters`, by name, blank ones left out."""

    def filtered(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def filtering(**more: Any) -> None:
            given = {name: more.pop(name) for name in names}
            command(filters={name: value for name, value in given.items() if value}, **more)

        wrapped: Callable[..., None] = filtering
        for name, what in reversed(names.items()):
            wrapped = click.option(f"--{name.replace('_', '-')}", default="", metavar="TEXT", help=what)(wrapped)
        return wrapped

    return filtered
