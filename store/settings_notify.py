"""Who is told what, and how: receivers, and the tree of routes that leads to them (`notify` in the settings)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.event import DAY, HOUR, MINUTE, SECOND
from store.matcher import Matcher
from store.secret import Secret

WEBHOOK, SLACK = "webhook", "slack"
CHANNELS = (WEBHOOK, SLACK)

CASE = "case"
"""What is grouped by it keeps every case by itself."""

DEFAULT = "default"
"""The endpoint that serves owners without one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where somebody is told. Each of `secrets` signs, as Standard Webhooks says: one, or several while they rotate.

    The address lets others in, so it is not printed.
    """

    name: str
    url: str = field(repr=False)
    secrets: tuple[Secret, ...] = ()
    channel: str = WEBHOOK


@dataclass(frozen=True, slots=True)
class Timing:
    """How messages of a group are put together; times in µs.

    The first waits `group_wait` for more of its kind, the next ones also `group_interval` since the last. What is still
    unresolved is repeated every `repeat_interval`; 0: never. Of more than `storm_cap` cases only examples are told.
    """

    group_wait: int = 10 * SECOND
    group_interval: int = MINUTE
    repeat_interval: int = 4 * HOUR
    storm_cap: int = 20


@dataclass(frozen=True, slots=True)
class Route:
    """A branch of the tree, with what it inherits filled in. Without `receiver`: the endpoint of the owner.

    `path` is its place in the settings. With `goes_on` the branches behind it are tried, too.
    """

    path: str = "notify.route"
    match: tuple[Matcher, ...] = ()
    receiver: str | None = None
    group_by: tuple[str, ...] = ("owner",)
    timing: Timing = Timing()
    goes_on: bool = False
    routes: tuple["Route", ...] = ()


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Endpoints by name: of `notify.endpoints`, which are named after owners, and of `notify.receivers`. `keep`: how
    long messages that are done with stay in the database, in µs."""

    endpoints: Mapping[str, Endpoint]
    route: Route = Route()
    keep: int = 90 * DAY
