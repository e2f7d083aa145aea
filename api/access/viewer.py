"""Who looks at a page, as its template knows them."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request

from api.access import csrf
from api.access.identity import Identity, Scope

SIGN_IN = "/sign-in"
HOME = "/"


@dataclass(frozen=True, slots=True)
class Viewer:
    """`session`: the secret of the sign-in, '' without one."""

    identity: Identity
    session: str = ""

    @property
    def name(self) -> str:
        return self.identity.actor.name

    @property
    def signed_in(self) -> bool:
        return bool(self.session)

    @property
    def csrf(self) -> str:
        """What a form must send as `csrf`, or htmx as `X-CSRF-Token`; '' where nothing can be sent."""
        return csrf.make(self.session) if self.session else ""

    def may(self, scope: str) -> bool:
        return Scope(scope) in self.identity.scopes


def viewer_of(request: Request) -> Viewer | None:
    """`None` on pages that are for everybody."""
    viewer = getattr(request.state, "viewer", None)
    return viewer if isinstance(viewer, Viewer) else None


def sign_in_path(request: Request) -> str:
    """The sign-in page that leads back to the page where the request was made."""
    asked_by = request.headers.get("hx-current-url" if "hx-request" in request.headers else "referer", "")
    here = str(request.url) if request.method == "GET" and "hx-request" not in request.headers else asked_by
    return f"{SIGN_IN}?next={quote(own_path(_without_host(here)), safe='')}"


def own_path(text: str) -> str:
    """The path if it leads to a page of this server, else to the first page."""
    plain = text.startswith("/") and text[1:2] not in ("/", "\\") and text.isprintable()
    return text if plain and not text.startswith((SIGN_IN, "/v1/")) else HOME


def _without_host(url: str) -> str:
    try:
        return urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl()
    except ValueError:
        return HOME
