"""Somebody at a browser: signed in, who reads pages and sends their forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import httpx

from api.access.identity import Scope
from store.database import Database
from tests.api.access.bearer import issued
from tests.web_server import client_of

PAGE = {"Accept": "text/html"}


def words(page: str) -> str:
    """The text of a page, without tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


class Person:
    """Follows the redirect after a form, as browsers do."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.csrf = ""

    def get(self, path: str, status: int = 200) -> str:
        """The page, whose token of forms is used from now on."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer.text

    def send(self, path: str, status: int = 200, /, **fields: str) -> str:
        """The page that one is led to by a form."""
        answer = self.http.post(path, data={"csrf": self.csrf, **fields})
        assert answer.status_code == status, answer.text
        return answer.text


@contextmanager
def signed_in(
    address: str, database: Database, *scopes: Scope, name: str = "maria", team: str = ""
) -> Iterator[Person]:
    token = issued(database, Scope.READ, *scopes, name=name, team=team)
    with client_of(address, headers=PAGE, follow_redirects=True) as http:
        person = Person(http)
        person.send("/sign-in", token=token)
        person.get("/rules")
        yield person
