"""`noshow audit …`: what was done, by whom and why, and whether the record of it is whole."""

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from noshow import auditing
from noshow.auditing import Subject
from noshow.client import Server, address, connected
from noshow.errors import WrongUsage
from noshow.options import PATH, TOKEN, settings, with_server
from noshow.redacting import redact_entries_command

BROKEN = 1


@click.group("audit")
def audit_group() -> None:
    """Ask, export and verify the audit trail."""


@audit_group.command("verify")
@click.option("--head", "heads", multiple=True, metavar="SEQ:HASH", help="A head that was kept elsewhere; repeatable.")
@click.option("--file", type=PATH, help="An export, plain or gzipped; else the server's, or the stores'.")
@click.option("--url", help="The server to ask; else the one that runs on --data, else the stores themselves.")
@click.option("--data", type=PATH, help="Data directory.")
@click.option("--config", type=PATH, help="Settings file; else NOSHOW_CONFIG, else ./noshow.yaml.")
@TOKEN
def verify_command(heads: tuple[str, ...], **where: Any) -> None:
    """Find rows that were changed, removed, inserted or cut off, and name them.

    Without a --head, nobody can tell whether the end of the trail was cut: keep one elsewhere, now and then.

    Exit code 0: whole, 1: broken, 2: wrong usage, 3: a fault at run time.
    """
    kept = auditing.kept_heads(heads)
    with _subject(**where) as subject:
        outcome = auditing.check(subject, kept)
    for line in auditing.told(outcome, subject.linked):
        click.echo(line)
    sys.exit(0 if outcome.is_whole else BROKEN)


@audit_group.command("head")
@with_server
def head_command(server: Server) -> None:
    """Print the head of the chain as SEQ:HASH, to be kept elsewhere: `verify --head` wants it."""
    with connected(server) as client:
        head = client.get("/v1/audit/head")
    click.echo(f"{head['seq']}:{head['hash']}")


@audit_group.command("export")
@auditing.filters
@with_server
def export_command(server: Server, **asked: Any) -> None:
    """Print entries as NDJSON, and the head of the chain as the last line; without filters all of them."""
    with connected(server) as client:
        for line in client.lines("/v1/audit/export", auditing.parameters(**asked)):
            click.echo(line)


@audit_group.command("show")
@auditing.filters
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Most entries.")
@with_server
def show_command(server: Server, limit: int, **asked: Any) -> None:
    """Tell what was done, by whom and why: the newest first."""
    with connected(server) as client:
        page = client.get("/v1/audit", {**auditing.parameters(**asked), "limit": limit, "sort": "newest"})
    for entry in page["items"]:
        click.echo(auditing.sentence(entry))
    if page["next"]:
        click.echo("there are more: narrow it down, or use `noshow audit export`", err=True)


audit_group.add_command(redact_entries_command)


def _subject(
    file: Path | None, url: str | None, data: Path | None, config: Path | None, token: str
) -> AbstractContextManager[Subject]:
    if file is not None:
        if url or data:
            raise WrongUsage("a --file is verified by itself: leave out --url and --data")
        return auditing.of_file(file)
    if url:
        return auditing.of_server(Server(address(url), token))
    return auditing.of_settings(settings({"data": data}, config), token)
