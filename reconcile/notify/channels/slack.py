"""Slack, and what takes its format: a message as blocks, for people. Shapes of a message: docs/notifications.md."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from store.settings_notify import Endpoint

_HEADER = 150  # letters that Slack takes in a header
_SECTION = 3000  # and in a section
_ITEMS = 10  # of several cases, that are listed; Slack takes 50 blocks

_SIGNS: Mapping[str, str] = {
    "critical": ":red_circle:",
    "warning": ":large_orange_circle:",
    "info": ":large_blue_circle:",
}
_SETTLED = ":large_green_circle:"
_GOOD = frozenset({"case.resolved", "source.back"})


def request(endpoint: Endpoint, message_id: str, payload: str, now: int) -> tuple[dict[str, str], bytes]:
    """Headers and body. The address is the secret, so nothing is signed."""
    return {"content-type": "application/json"}, msgspec.json.encode(blocks(msgspec.json.decode(payload)))


def blocks(message: Mapping[str, Any]) -> dict[str, object]:
    """The message as Block Kit; `text` is what notifications on a phone show."""
    data = message["data"]
    title = f"{_sign(message['type'], data)} {data['title']}"
    body = [_section(data["text"])] if data["text"] else []
    links = _section(" · ".join(_links(data)), escape=False)
    return {"text": _cut(title, _SECTION), "blocks": [_header(title), *body, *_items(data), links]}


def _sign(type_: str, data: Mapping[str, Any]) -> str:
    return _SETTLED if type_ in _GOOD else _SIGNS.get(data.get("severity") or "", _SIGNS["warning"])


def _items(data: Mapping[str, Any]) -> Iterable[dict[str, object]]:
    items = data.get("items") or []
    if items:
        lines = [f"• <{_address(item['url'])}|{_escaped(item['title'])}>" for item in items[:_ITEMS]]
        more = data["count"] - len(lines)
        yield _section("\n".join([*lines, *([f"… and {more:,} more"] if more > 0 else [])]), escape=False)


def _links(data: Mapping[str, Any]) -> Iterable[str]:
    yield f"<{_address(data['url'])}|Open in Noshow>"
    if data.get("runbook"):
        yield f"<{_address(data['runbook'])}|Runbook>"


def _header(text: str) -> dict[str, object]:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(text, _HEADER)}}


def _section(text: str, *, escape: bool = True) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(_escaped(text) if escape else text, _SECTION)}}


def _escaped(text: str) -> str:
    """Slack reads three letters as its own; so a customer's name can't make a link or call @channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _address(url: str) -> str:
    return _escaped(url).replace("|", "%7C")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
