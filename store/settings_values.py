"""What a setting's text means. Each function raises `ValueError` that says what was expected."""

import base64
import binascii
import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from store.duration import parse_duration
from store.secret import Secret
from store.shard import Shard

_SIZE = re.compile(r"(\d{1,15})\s*(B|KiB|MiB|GiB|kB|MB|GB)?", re.ASCII)
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}

_WEBHOOK_SECRET = "whsec_"
_CLUSTER = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_SHARD = re.compile(r"(\d{1,3})/(\d{1,3})", re.ASCII)
_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}", re.ASCII)


class Anonymous(StrEnum):
    """Who is let in without a token, to read and to send events."""

    LOOPBACK = "loopback"  # whoever asks from this machine, of a server that listens to nobody else
    NEVER = "never"
    ALWAYS = "always"  # everybody who reaches it: something in front of it signs people in


class Spans(StrEnum):
    """What in a trace may be business events."""

    EVENTS = "events"  # the events of spans
    SPANS = "spans"  # spans themselves, when they end
    BOTH = "both"


class Listening(NamedTuple):
    """`port` is `None` where nothing is to listen. `if_free`: nor is it to where somebody else has that port."""

    port: int | None
    if_free: bool = False


NOWHERE = Listening(None)
_IF_FREE = " if free"


def path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError("expected a path")
    return Path(text).expanduser()


def patterns(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    if not all(found):
        raise ValueError("expected names with commas between them, in which * stands for anything")
    return found


def host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if _HOST.fullmatch(text):
            return text
    raise ValueError("expected a host name or an address to listen on, such as 127.0.0.1")


def port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > 65_535:
        raise ValueError("expected a port, 0 to 65535 (0: any free one)")
    return int(text)


def port_or_off(text: str) -> Listening:
    if text.lower() == "off":
        return NOWHERE
    number = text.removesuffix(_IF_FREE)
    try:
        return Listening(port(number), if_free=number != text)
    except ValueError as error:
        raise ValueError(f"{error}, with “if free” behind it or not; or off") from None


def count(text: str) -> int:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or int(text) == 0:
        raise ValueError("expected a whole number, 1 or more")
    return int(text)


def size(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if not found or int(found[1]) == 0:
        raise ValueError("expected a size such as 32MiB, 512KiB or a number of bytes")
    return int(found[1]) * _UNITS[found[2] or "B"]


def span(text: str) -> int:
    """A duration above zero, in µs."""
    micros = parse_duration(text)
    if micros == 0:
        raise ValueError("expected a duration above zero")
    return micros


def flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("expected true or false")
    return text.lower() == "true"


def spans(text: str) -> Spans:
    if text not in [*Spans]:
        raise ValueError(f"expected {', '.join(list(Spans)[:-1])} or {list(Spans)[-1]}")
    return Spans(text)


def anonymous(text: str) -> Anonymous:
    if text not in [*Anonymous]:
        raise ValueError(f"expected {', '.join(list(Anonymous)[:-1])} or {list(Anonymous)[-1]}")
    return Anonymous(text)


def web_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://noshow.example.org")
    return text.rstrip("/")


def trace_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "{trace_id}" not in text:
        raise ValueError(
            "expected a URL that has {trace_id} in it, such as https://jaeger.example.org/trace/{trace_id}"
        )
    return text


def endpoint_address(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://hooks.example.org/noshow")
    return text


def clickhouse_url(text: str) -> Secret:
    parts = _parts(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as http://user:password@host:8123")
    return Secret(text)


def cluster(text: str) -> str:
    if _CLUSTER.fullmatch(text) is None:
        raise ValueError("expected the name of a cluster, of letters, digits, `_`, `-` and `.`")
    return text


def shard(text: str) -> Shard:
    said = _SHARD.fullmatch(text)
    if said is None or not 1 <= int(said[1]) <= int(said[2]):
        raise ValueError("expected a shard, from 1 on, of a number of shards, such as 2/3")
    return Shard(int(said[1]), int(said[2]))


def database_url(text: str) -> Secret:
    parts = _parts(text)
    if parts.scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ValueError("expected a URL such as postgresql+psycopg://user:password@host/noshow or sqlite:///file")
    return Secret(text)


def webhook_secrets(text: str) -> tuple[Secret, ...]:
    """One, or several with space between them: each signs, so that receivers can go over from one to the next."""
    return tuple(webhook_secret(part) for part in text.split()) or (webhook_secret(text),)


def webhook_secret(text: str) -> Secret:
    """A signing secret of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(_WEBHOOK_SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_WEBHOOK_SECRET) or not 24 <= len(key) <= 64:
        raise ValueError("expected whsec_ followed by the base64 of 24 to 64 random bytes")
    return Secret(text)


def _parts(text: str) -> SplitResult:
    """The parts of a URL; of a text that is none, empty ones, so that no message shows the text: it may be secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
