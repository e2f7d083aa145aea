"""Addresses of our own pages, and which addresses of others may become links."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit


def order_path(workflow: str, correlation_id: str) -> str:
    """The page of one order. Slashes are encoded too: `a/../b` is a correlation ID, not a way through folders."""
    return f"/orders/{quote(workflow, safe='')}/{quote(correlation_id, safe='')}"


def workflow_path(workflow: str) -> str:
    """The page of one workflow."""
    return f"/workflows/{quote(workflow, safe='')}"


def board_path(parameters: Mapping[str, str | None], page: str = "/") -> str:
    """The list, or another page of the same cases, with these parameters; those that are empty are left out."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{page}?{urlencode(given)}" if given else page


def safe_url(url: str) -> str:
    """The address if following it can do nothing but open a page, else nothing."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""
