"""`noshow rules suggest` and `noshow rules schema`: what helps to write a rule."""

import re
from contextlib import AbstractContextManager

import click
import msgspec

from noshow.errors import NoshowError, WrongUsage
from rules.diagnostic import printable
from rules.schema.schema import schema
from rules.suggest.suggest import NothingToSuggest, Wishes, suggest
from store.clickhouse import ClickHouse


def run(events: AbstractContextManager[ClickHouse], wishes: Wishes) -> None:
    """Print a rule file for the events. Raises NoshowError or StoreError."""
    if wishes.name and not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", wishes.name):
        raise WrongUsage(f"--name {printable(wishes.name)}: expected kebab-case, such as order-fulfilment")
    with events as clickhouse:
        try:
            click.echo(suggest(clickhouse, wishes), nl=False)
        except NothingToSuggest as error:
            raise (WrongUsage if wishes.start else NoshowError)(str(error)) from error


def print_schema() -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(schema())).decode())
