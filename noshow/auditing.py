"""`noshow audit`: verify the trail, export it, ask it; from a running server, the stores, or a file."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec

from noshow.client import Client, Server, connected
from noshow.errors import NoshowError, WrongUsage
from noshow.event_file import opened, read_lines
from noshow.history import instant
from noshow.stores import stores
from reconcile.audit.row import End, Head, Row
from reconcile.audit.trail import Span, Trail
from reconcile.audit.verify import Fault, Kind, Report, compared, verify
from store.event import DAY
from store.instant import rfc3339
from store.settings import Settings
from store.tenancy import running_server

_HEX = frozenset("0123456789abcdef")


@dataclass(slots=True)
class Subject:
    """What is verified: rows, the end of the same chain in the SQL database, and the heads that must be in it."""

    rows: Iterable[Row]
    heads: dict[int, str]
    copies: Iterable[Row] | None = None
    linked: bool = True
    ended: bool = True  # false where an export lacks its last line


@dataclass(frozen=True, slots=True)
class Outcome:
    report: Report
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return self.report.is_whole and not self.faults


def kept_heads(texts: Iterable[str]) -> dict[int, str]:
    """Of `SEQ:HASH` as `noshow audit head` prints them. Raises WrongUsage."""
    heads = {}
    for text in texts:
        seq, _, hash_ = text.partition(":")
        if not (seq.isascii() and seq.isdigit() and len(hash_) == 64 and set(hash_) <= _HEX):
            raise WrongUsage(f"--head {text}: expected SEQ:HASH, as `noshow audit head` prints it")
        heads[int(seq)] = hash_
    return heads


def check(subject: Subject, kept: Mapping[int, str]) -> Outcome:
    """Walk through it once."""
    apart: list[Fault] = []
    rows = subject.rows if subject.copies is None else compared(subject.rows, subject.copies, apart)
    report = verify(rows, {**subject.heads, **kept}, linked=subject.linked)
    if not subject.ended:
        words = "the export ends without its last line, which tells the head: its end is missing"
        apart.append(Fault(Kind.CUT, report.last.seq + 1, "", words))
    return Outcome(report, apart)


def told(outcome: Outcome, linked: bool) -> Iterator[str]:
    """Line by line: every fault, or that there is none."""
    report = outcome.report
    for fault in (*report.faults, *outcome.faults):
        yield f"{fault.kind}: {fault.words}"
    rows = f"{report.rows:,} rows, {report.redacted:,} of them redacted"
    if not outcome.is_whole:
        yield f"BROKEN: {report.faulty + len(outcome.faults):,} faults in {rows}"
    elif linked:
        yield f"whole: {rows}; the last is {report.last.seq}:{report.last.hash}"
    else:
        yield f"each whole by itself: {rows}; of a choice nobody can tell what is missing"


# What is asked for

_FILTERS = {
    "case_id": ("--case", "Only what is about this case."),
    "workflow": ("--workflow", "Only this workflow."),
    "correlation_id": ("--correlation-id", "Only this correlation ID."),
    "customer": ("--customer", "Only this customer."),
    "actor": ("--actor", "Only what this one did."),
    "what": ("--what", "Only what is called so, such as case.resolved."),
    "since": ("--since", "Not before this instant (RFC 3339), or the beginning of this day in UTC."),
    "until": ("--until", "Before this instant, or day."),
    "day": ("--day", "Only this day (UTC), such as 2026-11-20."),
}


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator for commands that narrow the trail down; see `parameters`."""
    for name, (option, words) in reversed(_FILTERS.items()):
        command = click.option(option, name, help=words)(command)
    return command


def parameters(day: str | None = None, **asked: str | None) -> dict[str, str | int]:
    """Of the REST interface. Raises WrongUsage."""
    if day is not None:
        if asked.get("since") or asked.get("until"):
            raise WrongUsage("--day goes without --since and --until")
        begins = instant(day, "--day")
        if begins % DAY:
            raise WrongUsage(f"--day {day}: expected a day such as 2026-11-20")
        asked |= {"since": rfc3339(begins), "until": rfc3339(begins + DAY)}
    return {name: value for name, value in asked.items() if value}


def sentence(entry: Mapping[str, Any]) -> str:
    """An entry of `/v1/audit` in a line."""
    about = " ".join(filter(None, (entry["workflow"], entry["correlation_id"], entry["step"])))
    why = "(redacted)" if entry["redacted"] else entry["why"]
    told = (entry["at"], f"{entry['actor_kind']} {entry['actor']}", entry["what"], about, why and f"— {why}")
    return "  ".join((str(entry["seq"]), *filter(None, told)))


# Where the rows are


@contextmanager
def of_server(server: Server) -> Iterator[Subject]:
    with connected(server) as client, connected(server) as other:
        head = msgspec.convert(client.get("/v1/audit/head"), Head)
        rows = _exported(client, {"upto": head.seq})
        copies = _exported(other, {"upto": head.seq, "store": "database"})
        yield Subject(rows, _heads(head), copies)


@contextmanager
def of_stores(settings: Settings) -> Iterator[Subject]:
    with stores(settings) as opened_:
        trail = Trail(opened_.clickhouse, opened_.database)
        head = trail.head()
        span = Span(before=head.seq + 1)
        yield Subject(trail.stream(span=span), _heads(head), trail.kept(span))


@contextmanager
def of_file(path: Path) -> Iterator[Subject]:
    """Its last line is read first: it says what the rows are to be held against."""
    end = _end_of(path)
    with opened(path) as file:
        rows = (it for it in map(_line, read_lines(file, path)) if isinstance(it, Row))
        if end is None:
            yield Subject(rows, {}, ended=False)
        else:
            heads = _heads(end.head) if end.upto == end.head.seq else {}
            yield Subject(rows, heads, linked=not end.filtered)


@contextmanager
def of_settings(settings: Settings, token: str) -> Iterator[Subject]:
    """The server that runs on the data directory, else the stores themselves."""
    embedded = settings.clickhouse is None or settings.database is None
    server = running_server(settings.data) if embedded else None
    if server is None and embedded and not settings.data.is_dir():
        raise WrongUsage(f"there is no data directory {settings.data}: name it with --data, or a server with --url")
    with of_stores(settings) if server is None else of_server(Server(server.url, token)) as subject:
        yield subject


def _heads(head: Head) -> dict[int, str]:
    return {head.seq: head.hash} if head.seq else {}


def _exported(client: Client, parameters: Mapping[str, str | int]) -> Iterator[Row]:
    """Raises NoshowError where it ends before its last line."""
    for line in client.lines("/v1/audit/export", parameters):
        told = _line(line.encode())
        if isinstance(told, End):
            return
        yield told
    raise NoshowError("the server broke the export off: try again")


def _end_of(path: Path) -> End | None:
    with opened(path) as file:
        last = deque(read_lines(file, path), maxlen=1)
    told = _line(last[0]) if last else None
    return told if isinstance(told, End) else None


def _line(line: bytes) -> Row | End:
    try:
        if line.startswith(b'{"head":'):
            return msgspec.json.decode(line, type=End)
        return msgspec.json.decode(line, type=Row)
    except msgspec.DecodeError as error:
        raise WrongUsage(f"this is no export of the audit trail: {error}") from error
