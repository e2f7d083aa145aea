"""Reading a list page by page, as a client does."""

from collections.abc import Iterator
from typing import Any

import httpx

Item = dict[str, Any]


def pages(http: httpx.Client, path: str, **parameters: str | int) -> Iterator[list[Item]]:
    """Each page's items, until `next` is null."""
    after: str | None = None
    while True:
        given = {**parameters, **({"after": after} if after else {})}
        answer = http.get(path, params=given)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page["items"]
        after = page["next"]
        if after is None:
            return


def everything(http: httpx.Client, path: str, **parameters: str | int) -> list[Item]:
    return [item for page in pages(http, path, **parameters) for item in page]


def ids(items: list[Item]) -> list[str]:
    return [item["correlation_id"] for item in items]
