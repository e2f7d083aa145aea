"""What every route asks for: a caller with a scope."""

from collections.abc import Callable, Coroutine, Iterable
from functools import cache
from typing import Annotated, Any

from fastapi import Depends, Request

from api.access import csrf
from api.access.errors import InvalidToken, NotPermitted, NotSignedIn
from api.access.identity import ANONYMOUS, Identity, Scope
from api.access.keeper import Keeper
from api.access.origin import changes, from_elsewhere, not_local
from api.access.viewer import Viewer
from api.context import Context, Here, of_request
from reconcile.actor import ActorKind
from store.settings import Anonymous

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"


def cookie(keeper: Keeper) -> str:
    """The name of the session's cookie. Over HTTPS browsers hold to it that nobody else may set it."""
    return "__Host-noshow" if keeper.policy.secure else "noshow_session"


async def _viewer(request: Request, here: Here) -> Viewer:
    """Who asks: by a token, by the session of a cookie, or without either.

    Raises `NotSignedIn`, and `NotPermitted` where somebody else's page may be behind the request.
    """
    request.state.viewer = viewer = await _by_token(request, here) or await _by_session(request, here)
    if viewer is None:
        request.state.viewer = viewer = _without(request, here)
    return viewer


@cache
def needs(scope: Scope) -> Callable[[Viewer], Coroutine[Any, Any, Identity]]:
    """A dependency that gives the caller. Raises `NotSignedIn` or `NotPermitted`."""

    async def permitted(viewer: Annotated[Viewer, Depends(_viewer)]) -> Identity:
        return _permitted(viewer, scope)

    return permitted


async def viewer_of_request(request: Request) -> Viewer:
    """Who asks, for who answers without our routes. Raises as they do."""
    return await _viewer(request, await of_request(request))


async def identified(request: Request, scope: Scope) -> Identity:
    """The caller of a request to our application, for who answers without its routes. Raises as `needs` does."""
    return _permitted(await viewer_of_request(request), scope)


def _permitted(viewer: Viewer, scope: Scope) -> Identity:
    if scope in viewer.identity.scopes:
        return viewer.identity
    if viewer.identity is ANONYMOUS:
        raise NotSignedIn(f"This needs a token with the scope {scope}.")
    raise NotPermitted(f"This needs the scope {scope}.")


Reader = Annotated[Identity, Depends(needs(Scope.READ))]
Operator = Annotated[Identity, Depends(needs(Scope.OPERATE))]
Administrator = Annotated[Identity, Depends(needs(Scope.ADMINISTER))]

READS = Depends(needs(Scope.READ))
OPERATES = Depends(needs(Scope.OPERATE))
ADMINISTERS = Depends(needs(Scope.ADMINISTER))
"""For routes that need not know who it is: the first of their `dependencies`, so that strangers learn nothing."""


def demand_team(identity: Identity, owners: Iterable[str]) -> None:
    """Raises `NotPermitted` where a case of these owners (its own, and those of its findings) is another team's."""
    if not identity.teams.have(owners):
        raise NotPermitted(f"This is another team's: you are of {identity.teams}.")


async def _by_token(request: Request, here: Context) -> Viewer | None:
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise InvalidToken("There is more than one Authorization header.")
    kind, _, text = given[0].partition(" ") if given else ("", "", "")
    if kind.lower() != "bearer":
        return None
    token = await here.keeper.token(text.strip(), here.clock.now())
    if token is None:
        raise InvalidToken()
    return Viewer(token.identity(ActorKind.TOKEN))


async def _by_session(request: Request, here: Here) -> Viewer | None:
    secret = request.cookies.get(cookie(here.keeper), "")
    session = await here.keeper.session(secret, here.clock.now()) if secret else None
    if session is None:
        return None
    if changes(request):
        _refuse_elsewhere(request, here)
        if not csrf.fits(secret, await _csrf_token(request)):
            raise NotPermitted("The form is not of this sign-in. Load the page again, and send it once more.")
    return Viewer(session.identity, secret)


def _without(request: Request, here: Context) -> Viewer:
    policy = here.keeper.policy
    if policy.anonymous is Anonymous.ALWAYS:
        return Viewer(ANONYMOUS)
    if "authorization" in request.headers:
        raise InvalidToken("Expected `Authorization: Bearer` and a token.")
    if policy.anonymous is Anonymous.NEVER:
        raise NotSignedIn("This needs a token.")
    if why := not_local(request):
        raise NotSignedIn(f"This needs a token: without one only this machine is answered, and {why}.")
    if changes(request):
        _refuse_elsewhere(request, here)
    return Viewer(ANONYMOUS)


def _refuse_elsewhere(request: Request, here: Context) -> None:
    if from_elsewhere(request, here.keeper.policy.public):
        raise NotPermitted("This comes from another site's page.")


SignedIn = Annotated[Viewer | None, Depends(_by_session)]
"""For what belongs to a session, and to nobody else."""


async def _csrf_token(request: Request) -> str:
    """Of the header, else of the form's field."""
    if CSRF_HEADER in request.headers:
        return request.headers[CSRF_HEADER]
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
        return ""
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else ""
