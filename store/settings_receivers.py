"""Receivers and endpoints in the settings: where messages go, and what signs them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from store import settings_values as values
from store.secret import Secret
from store.settings_branch import ANY
from store.settings_notify import SLACK, WEBHOOK, Endpoint
from store.settings_source import Given, Key

ENDPOINTS, RECEIVERS = ("notify", "endpoints"), ("notify", "receivers")

URL, SECRET = "url", "secret"
PARTS: Mapping[str, tuple[str, ...]] = {WEBHOOK: (URL, SECRET), SLACK: (URL,)}
"""What each channel is told with. All of it is secret, so it may stand in files of their own."""

KEYS: tuple[Key, ...] = (
    *((*ENDPOINTS, ANY, part) for part in PARTS[WEBHOOK]),
    *((*RECEIVERS, ANY, channel, part) for channel, parts in PARTS.items() for part in parts),
)

T = TypeVar("T")


class Reader(Protocol):
    given: Mapping[Key, Given]
    problems: list[str]

    def parsed(self, given: Given, parse: Callable[[str], T]) -> T | None: ...


def endpoints(read: Reader) -> dict[str, Endpoint]:
    """Those of owners and the receivers, by name. What is missing or wrong is added to the problems."""
    found = {name: _endpoint(read, (*ENDPOINTS, name), name, WEBHOOK) for name in _names(read, ENDPOINTS)}
    for name in _names(read, RECEIVERS):
        channels = list(dict.fromkeys(key[3] for key in read.given if key[:3] == (*RECEIVERS, name)))
        at = ".".join((*RECEIVERS, name))
        if name in found:
            read.problems.append(f"{at}: notify.endpoints has one of this name, too")
        if len(channels) > 1:
            read.problems.append(f"{at}: expected one of {' and '.join(channels)}")
        found[name] = _endpoint(read, (*RECEIVERS, name, channels[0]), name, channels[0])
    return {name: endpoint for name, endpoint in found.items() if endpoint is not None}


def names(read: Reader) -> list[str]:
    """Of all that are given, in good order or not."""
    return [*_names(read, ENDPOINTS), *_names(read, RECEIVERS)]


def _names(read: Reader, below: Key) -> Iterable[str]:
    return dict.fromkeys(key[len(below)] for key in read.given if key[: len(below)] == below)


def _endpoint(read: Reader, key: Key, name: str, channel: str) -> Endpoint | None:
    url = _part(read, (*key, URL), values.endpoint_address)
    secrets: tuple[Secret, ...] | None = ()
    if SECRET in PARTS[channel]:
        secrets = _part(read, (*key, SECRET), values.webhook_secrets)
    if url is None or secrets is None:
        return None
    return Endpoint(name, url, secrets, channel)


def _part(read: Reader, key: Key, parse: Callable[[str], T]) -> T | None:
    given = read.given.get(key)
    if given is None:
        read.problems.append(f"{'.'.join(key[:-1])}: {key[-1]} is missing")
        return None
    return read.parsed(given, parse)
