"""`noshow rules explain`: what a rule expects, or why one order is judged as it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
import httpx
import msgspec

from noshow import linting
from noshow.client import Server, http, refusal
from noshow.errors import NoshowError, WrongUsage
from noshow.history import instant, of_file, of_store, told_as_of
from rules.explain.explain import as_text, explain_instance
from rules.explain.sql import sql_text
from rules.graph.graph import graph
from rules.graph.mermaid import mermaid
from rules.graph.svg import svg
from rules.graph.text import graph_text
from rules.judge import judge, only
from rules.parse.literal import moment
from rules.ruleset import Rule, rules_of
from rules.verdict import Outdated, Verdict
from store import events as event_store
from store.clickhouse import ClickHouse
from store.clock import SystemClock
from store.event import Event
from store.instant import rfc3339
from store.migrate import migrate_clickhouse
from store.settings import Settings
from store.tenancy import running_server

FORMATS = ("text", "mermaid", "svg", "sql")


@dataclass(frozen=True, slots=True)
class Subject:
    """The rules to explain: those of a file or directory, or only the one called `workflow`."""

    path: Path
    workflow: str | None = None

    def rules(self) -> tuple[Rule, ...]:
        """Raises InvalidRules or WrongUsage."""
        rules = rules_of(linting.some(self.path))
        names = list(dict.fromkeys(rule.workflow.name for rule in rules))
        if self.workflow is not None and self.workflow not in names:
            raise WrongUsage(f"there is no workflow {self.workflow} in {self.path}, but {', '.join(names)}")
        return tuple(rule for rule in rules if self.workflow in (None, rule.workflow.name))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the events of an order are: in a file, in the store that the settings name, or at a server's address.
    `token` is what a server is shown."""

    events: Path | None = None
    settings: Settings | None = None
    url: str | None = None
    token: str = ""


def run(subject: Subject, format_: str, as_of: str | None) -> None:
    """Print what the rules expect; `as_of` is what the SQL judges at, else now. Raises NoshowError."""
    rules = subject.rules()
    at = SystemClock().now() if as_of is None else instant(as_of, "--as-of")
    if format_ == "svg" and len(rules) > 1:
        names = ", ".join(rule.workflow.name for rule in rules)
        raise WrongUsage(f"an SVG shows one workflow: name one of {names} with --workflow, or one file")
    shown: Mapping[str, Callable[[Rule], Iterable[str]]] = {
        "text": lambda rule: graph_text(rule.workflow),
        "mermaid": lambda rule: mermaid(graph(rule.workflow)),
        "svg": lambda rule: [svg(graph(rule.workflow)).rstrip("\n")],
        "sql": lambda rule: [sql_text(rule, at)],
    }
    click.echo("\n\n".join("\n".join(shown[format_](rule)) for rule in rules))


def run_one(subject: Subject, source: Source, correlation_id: str, as_of: str | None) -> None:
    """Print why an order is judged as it is, by each workflow that it is an instance of. Raises NoshowError."""
    rules = subject.rules()
    at = None if as_of is None else instant(as_of, "--as-of")
    server = _server(source)
    if server is not None and at is None:
        at = SystemClock().now()  # as the server judges, of whose events we see only this order's
    with _events(source, server, rules, correlation_id) as clickhouse:
        judged_at = told_as_of(at, clickhouse)
        told = [text for rule in rules for text in _told(clickhouse, rule, correlation_id, judged_at)]
        if not told:
            raise WrongUsage(_nothing(clickhouse, rules, correlation_id, judged_at))
    click.echo("\n\n".join(told))


def _told(clickhouse: ClickHouse, rule: Rule, correlation_id: str, as_of: int) -> Iterator[str]:
    for answer in judge(clickhouse, rule.workflow, as_of, only([correlation_id]), rule.lives):
        if isinstance(answer, Verdict):
            explained = explain_instance(clickhouse, rule.workflow, answer, as_of)
            yield "\n".join(as_text(rule.workflow, answer, explained))
        elif isinstance(answer, Outdated):
            why = f"not judged, for it began {rfc3339(answer.start)}, before any version of the rule"
            yield f"{answer.workflow} {correlation_id}: {why}"


def _nothing(clickhouse: ClickHouse, rules: Sequence[Rule], correlation_id: str, as_of: int) -> str:
    history = event_store.history(clickhouse, correlation_id)
    if not history:
        return f"there is no event of {correlation_id}"
    starts = " or ".join(dict.fromkeys(name for rule in rules for name in rule.workflow.start.names))
    names = ", ".join(dict.fromkeys(event.name for event in history))
    return f"nothing had begun for {correlation_id} as of {rfc3339(as_of)}: no {starts} that opens it is among {names}"


# Where the events are


def _server(source: Source) -> Server | None:
    """The server to ask, if it is one: that which is named, or that which runs on the data directory."""
    url = source.url
    if url is None and source.events is None and source.settings is not None and not source.settings.clickhouse:
        found = running_server(source.settings.data)
        url = found.url if found else None
    return None if url is None else Server(url, source.token)


@contextmanager
def _events(source: Source, server: Server | None, rules: Sequence[Rule], correlation_id: str) -> Iterator[ClickHouse]:
    if source.events is not None:
        opened = of_file(source.events)
    elif server is not None:
        opened = _of_server(server, list(dict.fromkeys(rule.workflow.name for rule in rules)), correlation_id)
    elif source.settings is not None:
        opened = of_store(source.settings)
    else:
        raise WrongUsage("say where the events of the order are: --events, --data or --url")
    with opened as clickhouse:
        yield clickhouse


class _Sent(msgspec.Struct):
    id: str
    name: str
    time: str
    source: str
    attributes: msgspec.Raw


class _Detail(msgspec.Struct):
    events: list[_Sent] = []
    detail: str = ""


@contextmanager
def _of_server(server: Server, workflows: Sequence[str], correlation_id: str) -> Iterator[ClickHouse]:
    """What a server has of the order, in this process's own memory."""
    history = _asked(server, workflows, correlation_id)
    clickhouse = ClickHouse.embedded(None)
    try:
        migrate_clickhouse(clickhouse)
        event_store.write(clickhouse, history)
        yield clickhouse
    finally:
        clickhouse.close()


def _asked(server: Server, workflows: Sequence[str], correlation_id: str) -> list[Event]:
    """The events that the server shows with the first of the workflows that has the instance."""
    reason = ""
    with http(server) as client:
        for workflow in workflows:
            try:
                response = client.get(f"/v1/instances/{quote(workflow, safe='')}/{quote(correlation_id, safe='')}")
                found = msgspec.json.decode(response.content, type=_Detail)
            except (httpx.HTTPError, msgspec.DecodeError) as error:
                raise NoshowError(f"{server.url} gives no instance: {type(error).__name__} {error}") from error
            if response.is_success:
                return [_event(correlation_id, sent) for sent in found.events]
            if response.status_code in (401, 403):
                raise refusal(response)
            reason = found.detail
    raise WrongUsage(f"{server.url}: {reason}")


def _event(correlation_id: str, sent: _Sent) -> Event:
    attributes = bytes(sent.attributes).decode()
    return Event(sent.id, correlation_id, sent.name, moment(sent.time), sent.source, attributes)
