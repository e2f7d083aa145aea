"""Slack's format: what people read of a message."""

import json
from typing import Any

from reconcile.notify.channels.channels import CHANNELS
from reconcile.notify.channels.slack import blocks
from store.database import Database
from store.settings_notify import CHANNELS as NAMES
from store.settings_notify import SLACK, Endpoint
from store.settings_receivers import PARTS
from tests.reconcile.desk import PUBLIC
from tests.reconcile.notify.newsroom import WAIT, Newsroom

ADDRESS = Endpoint("channel", "https://hooks.slack.example/services/T0/B0/secret", (), SLACK)


def told(database: Database, *orders: str, **changes: Any) -> Any:
    """The blocks of the message of these cases, as they are sent."""
    room = Newsroom(database)
    room.opens(*orders, **changes)
    room.dispatch(0)
    room.dispatch(WAIT)
    [message] = room.sent()
    headers, body = CHANNELS[SLACK](ADDRESS, message["id"], message["payload"], 0)
    assert headers == {"content-type": "application/json"}
    return json.loads(body)


def texts(message: Any) -> list[str]:
    return [block["text"]["text"] for block in message["blocks"]]


def test_one_case(database: Database) -> None:
    header, body, links = texts(told(database, "a", runbook="https://wiki.example.org/payments", severity="critical"))
    assert header == ":red_circle: order a: PaymentReceived is missing, 10 min 10 s overdue"
    assert "At risk: 120.50 EUR." in body
    assert links == f"<{PUBLIC}/orders/fulfilment/a|Open in Noshow> · <https://wiki.example.org/payments|Runbook>"


def test_many_cases_are_examples_and_a_count(database: Database) -> None:
    header, _, items, links = texts(told(database, *(f"o-{number:02}" for number in range(30))))
    assert header == ":large_orange_circle: 30 orders flagged: PaymentReceived is missing"
    assert items.splitlines()[0].startswith(f"• <{PUBLIC}/orders/fulfilment/o-00|order o-00: ")
    assert items.splitlines()[-1] == "… and 25 more"
    assert links.startswith(
        f"<{PUBLIC}/?owner=payments&amp;workflow=fulfilment&amp;step=PaymentReceived&amp;kind=missing|"
    )


def test_nothing_in_an_order_is_slacks_own_language(database: Database) -> None:
    message = told(database, "<!channel>", sentence="<https://evil.example|click> & go")
    _, body, links = texts(message)
    assert "&lt;https://evil.example|click&gt; &amp; go" in body
    assert "<!channel>" not in body + links
    assert message["blocks"][0]["text"]["type"] == "plain_text"


def test_slack_takes_only_so_much() -> None:
    data = {"title": "t" * 5_000, "text": "x" * 9_000, "url": PUBLIC, "severity": "info"}
    for block in blocks({"type": "case.opened", "data": data})["blocks"]:  # type: ignore[attr-defined]  # JSON
        assert len(block["text"]["text"]) <= {"header": 150, "section": 3_000}[block["type"]]


def test_every_channel_of_the_settings_is_there() -> None:
    assert set(CHANNELS) == set(NAMES) == set(PARTS)
