"""`noshow actions …`: what was sent to others, and the stop switch of what runs by itself."""

from collections.abc import Mapping
from typing import Any

import click

from noshow.client import Server, connected
from noshow.options import with_server
from reconcile.actions.row import State


@click.group("actions")
def actions_group() -> None:
    """See what was sent to other servers, and stop what runs by itself."""


@actions_group.command("list")
@click.option("--state", type=click.Choice([*map(str, State)]), help="Only actions in this state.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="Most actions.")
@with_server
def list_command(server: Server, state: str | None, limit: int) -> None:
    """List actions, the newest first, and whether automatic ones are stopped."""
    with connected(server) as client:
        found = client.get("/v1/actions", {"limit": limit, **({"state": state} if state else {})})
    for action in found["items"]:
        click.echo(_line(action))
    click.echo(_switch(found["automatic"]), err=True)


@actions_group.command("stop")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it goes to the audit trail.")
@with_server
def stop_command(server: Server, reason: str) -> None:
    """Stop automatic actions, everywhere and at once. What people ask for goes on."""
    _turn(server, "stop", reason)


@actions_group.command("start")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it goes to the audit trail.")
@with_server
def start_command(server: Server, reason: str) -> None:
    """Let automatic actions go on."""
    _turn(server, "start", reason)


def _turn(server: Server, way: str, reason: str) -> None:
    with connected(server) as client:
        click.echo(_switch(client.post(f"/v1/actions/{way}", {"reason": reason})), err=True)


def _line(action: Mapping[str, Any]) -> str:
    by = "automatic" if action["automatic"] else action["asked_by"]
    by += f", {action['approved_by']}" if action["approved_by"] else ""
    note = f": {action['note']}" if action["note"] else ""
    what = f"{action['workflow']} {action['correlation_id']} {action['step']} {action['name']}"
    return f"{action['asked_at']}  {action['state']:<9}  {what}  ({by}){note}"


def _switch(switch: Mapping[str, Any]) -> str:
    state = "stopped" if switch["stopped"] else "not stopped"
    by = f", by {switch['by']} {switch['at']}: {switch['reason']}" if switch["by"] else ""
    return f"automatic actions are {state}{by}"
