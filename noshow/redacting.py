"""`noshow events redact`, `noshow audit redact`: personal data goes, and the record that it went stays."""

from collections.abc import Iterator, Sequence

import click
import msgspec

from noshow.client import Client, Server, connected
from noshow.errors import WrongUsage
from noshow.options import with_server
from reconcile.audit.redaction import AT_ONCE, KEPT
from reconcile.audit.row import Row

_REASON = click.option("--reason", required=True, help="Why, for the record: such as the number of the request.")


@click.command("redact")
@click.argument("correlation_id")
@click.option("--attribute", "attributes", multiple=True, required=True, metavar="NAME", help="Repeatable; or a.b.")
@_REASON
@with_server
def redact_events_command(server: Server, correlation_id: str, attributes: tuple[str, ...], reason: str) -> None:
    """Take attributes out of the stored events of a correlation ID, for good. Needs the scope administer.

    An event that is sent again comes with its attributes again: stop the sender first.
    """
    body = {"correlation_id": correlation_id, "attributes": attributes, "reason": reason}
    with connected(server) as client:
        done = client.post("/v1/events/redact", body)
    gone = f", and {done['quarantined']} that were refused are removed," if done["quarantined"] else ""
    click.echo(
        f"{done['events']} events of {correlation_id} are redacted{gone} within seconds; audit entry {done['entry']}"
    )


@click.command("redact")
@click.argument("entries", nargs=-1, metavar="ENTRY_ID...")
@click.option("--customer", help="All entries about this customer.")
@_REASON
@with_server
def redact_entries_command(server: Server, entries: tuple[str, ...], customer: str | None, reason: str) -> None:
    """Empty audit entries of why, customer, references and detail, for good. Needs the scope administer.

    Who did what and when stays, and the chain stays whole.
    """
    if bool(entries) == bool(customer):
        raise WrongUsage("name the entries by their ids, or a --customer")
    with connected(server) as client:
        ids = list(_about(client, customer)) if customer else entries
        for part in _parts(ids):
            done = client.post("/v1/audit/redact", {"entries": part, "reason": reason})
            click.echo(f"{len(part)} entries are redacted within seconds; audit entry {done['entry']}")
    if not ids:
        click.echo(f"there is no entry about {customer}", err=True)


def _about(client: Client, customer: str) -> Iterator[str]:
    for line in client.lines("/v1/audit/export", {"customer": customer}):
        if not line.startswith('{"head":'):
            row = msgspec.json.decode(line, type=Row)
            if row.what not in KEPT:
                yield row.id


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
