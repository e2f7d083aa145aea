"""`/sign-in/begin` and `/sign-in/callback`: to the provider that people sign in with, and back."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.access.errors import ProviderAway, SignInRefused
from api.access.oidc import grants, ticket
from api.access.oidc.provider import CALLBACK, Provider
from api.access.oidc.ticket import Ticket
from api.access.viewer import HOME, own_path
from api.context import Context, Here
from api.parameters import LONGEST, Parameters, Text, only
from api.problem import NotFound
from api.sign_in import Told, failed, page, waiting, with_session
from store.event import SECOND

router = APIRouter(include_in_schema=False)

BEGIN = "/sign-in/begin"
LONGEST_REASON = 200


class BeginParameters(Parameters):
    next: Annotated[str, Field(max_length=8 * LONGEST)] = HOME


class CallbackParameters(Parameters):
    """What the provider sends a browser back with; some send more."""

    state: Annotated[str, Field(max_length=4 * LONGEST)] = ""
    code: Annotated[str, Field(max_length=8 * LONGEST)] = ""
    error: Text | None = None
    error_description: Annotated[str, Field(max_length=8 * LONGEST)] = ""
    iss: Text | None = None


@router.get(BEGIN, dependencies=[Depends(only(BeginParameters))])
async def begin(request: Request, asked: Annotated[BeginParameters, Query()], here: Here) -> Response:
    """A link and no form: the page's policy lets forms lead nowhere else."""
    provider, now = _provider(here), here.clock.now()
    secret = request.cookies.get(_cookie(here)) or secrets.token_urlsafe(32)
    issued = ticket.issue(secret, own_path(asked.next), now)
    try:
        address = await run_in_threadpool(provider.address, issued, now)
    except ProviderAway as error:
        return page(request, here, asked.next, Told(503, str(error)))
    answer = RedirectResponse(address, 303)
    secure = here.keeper.policy.secure
    age = ticket.LIFETIME // SECOND
    # Lax, so that it is sent when the provider leads the browser back here.
    answer.set_cookie(_cookie(here), secret, max_age=age, secure=secure, httponly=True, samesite="lax")
    return answer


@router.get(CALLBACK)
async def callback(request: Request, asked: Annotated[CallbackParameters, Query()], here: Here) -> Response:
    provider, now = _provider(here), here.clock.now()
    if wait := waiting(request, here):
        return page(request, here, HOME, wait)
    accepted = ticket.accept(request.cookies.get(_cookie(here), ""), asked.state, now)
    if accepted is None:
        return failed(request, here, HOME, "This sign-in was begun elsewhere, or too long ago. Begin again.")
    try:
        secret = await run_in_threadpool(_admitted, provider, asked, accepted, here)
    except ProviderAway as error:
        return page(request, here, accepted.then, Told(503, str(error)))
    except SignInRefused as error:
        return failed(request, here, accepted.then, str(error))
    answer = with_session(RedirectResponse(own_path(accepted.then), 303), here, secret)
    answer.delete_cookie(_cookie(here), secure=here.keeper.policy.secure, httponly=True, samesite="lax")
    return answer


def _admitted(provider: Provider, asked: CallbackParameters, accepted: Ticket, here: Context) -> str:
    """The session of whoever came back. Raises `SignInRefused`."""
    now = here.clock.now()
    if asked.iss not in (None, provider.settings.issuer):
        raise SignInRefused("Another provider has led you here. Begin again.")
    if asked.error is not None or not asked.code:
        raise SignInRefused(f"{provider.label} did not sign you in{_said(asked)}.")
    claims = provider.claims(asked.code, accepted, now)
    return here.keeper.admit(grants.person(claims, provider.settings), now)


def _said(asked: CallbackParameters) -> str:
    """What the provider gives as the reason, cut short: it is somebody else's text."""
    said = asked.error_description or asked.error or ""
    printable = "".join(letter for letter in said if letter.isprintable())[:LONGEST_REASON]
    return f": {printable.rstrip('.')}" if printable else ""


def _provider(here: Context) -> Provider:
    if here.keeper.provider is None:
        raise NotFound("Nobody signs in with a provider here.")
    return here.keeper.provider


def _cookie(here: Context) -> str:
    return "__Host-noshow-begun" if here.keeper.policy.secure else "noshow_begun"
