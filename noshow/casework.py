"""What `noshow cases …` prints, and how it asks the server."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from noshow.client import Client, Refused
from noshow.errors import WrongUsage
from noshow.table import table

HEAD = ("ID", "STATE", "SEVERITY", "SINCE", "ORDER", "STUCK AT", "OWNER", "ASSIGNEE", "AT RISK")

Told = Mapping[str, Any]
Asked = tuple[str, Mapping[str, object]]
"""A move's name and body."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Cases by their ids; without any, those that the filters choose, of which there must be so many as `expected`."""

    ids: Sequence[str]
    filters: Mapping[str, str]
    expected: int | None


def show_list(found: Iterable[Told], format_: str) -> None:
    if format_ == "jsonl":
        for case in found:
            sys.stdout.write(msgspec.json.encode(case).decode() + "\n")
        return
    rows = [_row(case) for case in found]
    for line in table(HEAD, rows) if rows else ["no such cases"]:
        click.echo(line)


def show(case: Told, format_: str) -> None:
    """One case with what bears witness to it."""
    if format_ == "jsonl":
        sys.stdout.write(msgspec.json.encode(case).decode() + "\n")
        return
    for line in _in_full(case):
        click.echo(line)


def move(client: Client, chosen: Chosen, name: str, body: Told) -> bool:
    """True if all were moved. Raises WrongUsage where nothing is chosen, or other than was expected."""
    if chosen.ids:
        return all([_moved(client, id_, name, body) for id_ in chosen.ids])
    if not chosen.filters:
        raise WrongUsage("name cases by their IDs, or choose them by filters such as --owner and --step")
    seen = client.preview("/v1/cases/bulk/preview", {"filter": chosen.filters})
    at_risk = ", ".join(f"{amount:,.2f} {unit}".strip() for unit, amount in seen["at_risk"].items()) or "nothing"
    click.echo(f"{seen['count']} cases, at risk: {at_risk}")
    if chosen.expected is None:
        show_list(seen["examples"], "table")
        raise WrongUsage(f"nothing was changed: give --expect {seen['count']} to do it")
    if chosen.expected != seen["count"]:
        raise WrongUsage(f"nothing was changed: --expect {chosen.expected}, and it is {seen['count']} by now")
    return _all_of(client, {"filter": chosen.filters, "fingerprint": seen["fingerprint"], name: body})


def _moved(client: Client, id_: str, name: str, body: Told) -> bool:
    """Who was quicker is told on the error stream."""
    try:
        case = client.post(f"/v1/cases/{id_}/{name}", body)
    except Refused as error:
        click.echo(f"{id_}: {error}", err=True)
        return False
    click.echo(f"{id_}: {standing(case)}")
    return True


def standing(case: Told) -> str:
    """`resolved by maria as fixed: paid by hand`."""
    by = f" by {case['state_by']}" if case["state_by"] else ""
    reason = f" as {case['reason']}" if case["reason"] else ""
    until = f" until {case['snoozed_until']}" if case["snoozed_until"] else ""
    assignee = f", {case['assignee']}'s" if case["assignee"] else ""
    return f"{case['state']}{by}{reason}{until}{assignee}" + (f": {case['note']}" if case["note"] else "")


def _all_of(client: Client, asked: Told) -> bool:
    """Request by request until nothing remains, or no request gets any further."""
    whole = True
    while True:
        done = client.post("/v1/cases/bulk", asked)
        click.echo(f"{done['changed']} changed, {done['remaining']} to go")
        for refused in done["refused"]:
            click.echo(f"{refused['count']} left: {refused['why']}", err=True)
        whole = whole and not done["refused"]
        if not done["remaining"] or not done["changed"]:
            break
    if done["unfit"]:
        click.echo(f"{done['unfit']} left: not possible in their state", err=True)
    return whole and not done["remaining"]


def _row(case: Told) -> tuple[str, ...]:
    amount = "" if case["at_risk"] is None else f"{case['at_risk']:,.2f} {case['unit'] or ''}".strip()
    severity = f"{case['severity']}{' raised' if case['escalated_at'] else ''}"
    stuck = f"{case['step'] or 'all of it'} {case['kind']}"
    return (
        *(case["id"], case["state"], severity, case["since"], case["correlation_id"], stuck),
        *(case["owner"], case["assignee"] or "", amount),
    )


def _in_full(case: Told) -> Iterator[str]:
    yield f"{case['noun']} {case['correlation_id']} ({case['workflow']}): {standing(case)}"
    yield from table(HEAD, [_row(case)])
    for finding in case["findings"]:
        state = "open" if finding["open"] else f"closed {finding['closed_at']}"
        yield f"  {finding['kind']} ({state}, {finding['owner']}): {finding['sentence']}"
    for unclear in case["ambiguity"]:
        yield f"  {unclear['word']}: {unclear['sentence']}"
    for name, values in (case["references"] or {}).items():
        yield f"  {name}: {', '.join(values)}"
    for event in case["events"] or ():
        yield f"  {event['time']} {'  ' * event['depth']}{event['name']} ({event['source']})"
    for comment in case["comments"]:
        yield f"  {comment['at']} {comment['actor']}: {comment['text']}"
