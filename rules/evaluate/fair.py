"""Who of several evaluating processes takes which shares: a pure function, so that all come to one answer."""

from collections.abc import Mapping, Sequence

from store.shares import Share


def due(held: Mapping[Share, str | None], me: str, peers: Sequence[str]) -> frozenset[Share]:
    """Those that `me`, one of the `peers`, is to have now; `held`: who has each, `None` where nobody does.

    All have as many as the others, or one more. What somebody has, it keeps up to that number, so that nothing goes to
    and fro; the rest it gives up. Of those that are free each begins at another place.
    """
    rank, each, more = peers.index(me), *divmod(len(held), len(peers))
    number = each + (rank < more)
    mine = [share for share, holder in held.items() if holder == me][:number]
    begin = rank * len(held) // len(peers)
    free = [share for share, holder in held.items() if holder is None]
    free.sort(key=lambda share: (share.which - begin) % share.of)
    return frozenset([*mine, *free[: number - len(mine)]])
