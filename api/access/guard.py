"""What every route asks for: a caller with a scope."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from api.access import tokens
from api.access.identity import ANONYMOUS, Identity, Scope
from api.context import Context, Here
from api.problem import ApiError

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="noshow"'}


class NotSignedIn(ApiError):
    """No token, or one that is not valid."""

    def __init__(self, detail: str) -> None:
        super().__init__(401, detail)


class NotPermitted(ApiError):
    """The caller is known, and may not do this."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, detail)


def needs(scope: Scope) -> Callable[[Request, Context], Identity]:
    """A dependency that gives the caller. Raises `NotSignedIn` or `NotPermitted`."""

    def of_request(request: Request, here: Here) -> Identity:
        identity = _identity(request, here)
        if scope not in identity.scopes:
            raise NotPermitted(f"This needs the scope {scope}.")
        return identity

    return of_request


def _identity(request: Request, here: Context) -> Identity:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if not kind:
        return ANONYMOUS
    with here.database.read() as connection:
        found = tokens.verify(connection, text.strip(), here.clock.now()) if kind.lower() == "bearer" else None
    if found is None:
        raise NotSignedIn("The token is not valid.")
    return found


Reader = Annotated[Identity, Depends(needs(Scope.READ))]
Operator = Annotated[Identity, Depends(needs(Scope.OPERATE))]
Administrator = Annotated[Identity, Depends(needs(Scope.ADMINISTER))]
