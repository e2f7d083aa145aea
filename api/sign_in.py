"""`/sign-in` and `/sign-out`: the dashboard's session, begun with a token. With a provider: `sign_in_oidc`."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.access.errors import NotPermitted
from api.access.guard import SignedIn, cookie
from api.access.identity import Scope
from api.access.origin import from_elsewhere
from api.access.sessions import LIFETIME
from api.access.viewer import HOME, SIGN_IN, own_path
from api.context import Context, Here
from api.parameters import LONGEST, NoParameters, Parameters, Text, only, without_nul
from store.duration import format_duration
from store.event import SECOND

router = APIRouter(include_in_schema=False)

MOST = 16 * 1024  # bytes of the form


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says: why nobody was signed in; for how many seconds to `wait`; `elsewhere`: where whoever has just
    signed out is signed out of the provider, too."""

    status: int = 200
    why: str = ""
    wait: int = 0
    elsewhere: str = ""


NOTHING = Told()


class SignInParameters(Parameters):
    """`next`: the page to go on to; `code`: a one-time code in the place of a token; `out`: of whoever has just signed
    out."""

    next: Annotated[str, Field(max_length=8 * LONGEST), AfterValidator(without_nul)] = HOME
    code: Text | None = None
    out: bool = False


@router.get(SIGN_IN, dependencies=[Depends(only(SignInParameters))])
async def sign_in_page(request: Request, asked: Annotated[SignInParameters, Query()], here: Here) -> Response:
    if asked.code is None:
        elsewhere = await run_in_threadpool(_sign_out_address, here) if asked.out else ""
        return page(request, here, asked.next, Told(elsewhere=elsewhere))
    if wait := waiting(request, here):
        return page(request, here, asked.next, wait)
    text = here.keeper.accept(asked.code, here.clock.now())
    if text is None:
        return failed(request, here, asked.next, "This link has been used, or is too old. Sign in with a token.")
    return await _signed_in(request, here, text, asked.next)


@router.post(SIGN_IN, dependencies=[Depends(only(NoParameters))], max_body_size=MOST)
async def sign_in(request: Request, here: Here) -> Response:
    if from_elsewhere(request, here.keeper.policy.public):
        raise NotPermitted("This comes from another site's page.")
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    then = form.get("next", [HOME])[0]
    if wait := waiting(request, here):
        return page(request, here, then, wait)
    return await _signed_in(request, here, form.get("token", [""])[0].strip(), then)


@router.post("/sign-out", dependencies=[Depends(only(NoParameters))], max_body_size=MOST)
async def sign_out(request: Request, viewer: SignedIn, here: Here) -> Response:
    """Whoever has no session is signed out already."""
    answer = RedirectResponse(SIGN_IN if here.keeper.provider is None else f"{SIGN_IN}?out=yes", 303)
    if viewer is not None:
        await run_in_threadpool(here.keeper.sign_out, viewer.session, viewer.identity.actor, here.clock.now())
    answer.delete_cookie(cookie(here.keeper), secure=here.keeper.policy.secure, httponly=True, samesite="lax")
    return answer


async def _signed_in(request: Request, here: Context, text: str, then: str) -> Response:
    token = await here.keeper.token(text, here.clock.now())
    if token is None:
        return failed(request, here, then, "This token is not valid.")
    if Scope.READ not in token.scopes:
        return failed(request, here, then, "This token is not for the dashboard: it has no scope read.")
    secret = await run_in_threadpool(here.keeper.sign_in, token, here.clock.now())
    return with_session(RedirectResponse(own_path(then), 303), here, secret)


def with_session(answer: Response, here: Context, secret: str) -> Response:
    # Lax, not Strict: a link in a message about a case must find its reader signed in. What changes anything is a POST,
    # with which a browser sends no such cookie from elsewhere, and which needs the form's token on top of it.
    answer.set_cookie(
        cookie(here.keeper),
        secret,
        max_age=LIFETIME // SECOND,
        secure=here.keeper.policy.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def failed(request: Request, here: Context, then: str, why: str) -> Response:
    """The page once more, which says why; whoever fails often is made to wait."""
    here.keeper.failures.add(_address(request), here.clock.now())
    return page(request, here, then, Told(400, why))


def waiting(request: Request, here: Context) -> Told | None:
    """What to tell whoever has failed too often."""
    wait = here.keeper.failures.wait(_address(request), here.clock.now())
    if not wait:
        return None
    seconds = -(-wait // SECOND)
    return Told(429, f"Too many attempts. Try again in {format_duration(seconds * SECOND)}.", seconds)


def page(request: Request, here: Context, then: str, told: Told = NOTHING) -> Response:
    provider = "" if here.keeper.provider is None else here.keeper.provider.label
    answer = here.templates.page(request, "sign_in.html", next=own_path(then), told=told, provider=provider)
    answer.status_code = told.status
    if told.wait:
        answer.headers["Retry-After"] = str(told.wait)
    return answer


def _sign_out_address(here: Context) -> str:
    return "" if here.keeper.provider is None else here.keeper.provider.sign_out_address(here.clock.now())


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
