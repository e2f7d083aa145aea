"""Every error becomes one answer: problem details for programs, a page for people, never a traceback."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.errors import NotSignedIn
from api.access.viewer import sign_in_path
from api.parameters import nearest
from api.problem import NO_HEADERS, ApiError, BadParameters, Fault, fault_problem, title
from api.rendering import Templates
from reconcile.errors import (
    BadMove,
    FileRefused,
    NoSuchAction,
    NoSuchCase,
    NoSuchStep,
    NotOffered,
    NoTruth,
    NotYours,
    Overtaken,
    Unfilled,
    WordRefused,
)
from store.errors import StoreUnavailable

log = logging.getLogger(__name__)

STATUS: Mapping[type[Exception], int] = {
    **{BadMove: 400, NotYours: 403, NoSuchCase: 404, Overtaken: 409},
    **{NotOffered: 409, NoSuchAction: 404, Unfilled: 409},
    **{NoSuchStep: 404, NoTruth: 404, WordRefused: 409, FileRefused: 409},
}
"""What reconciliation refuses, with words that are meant for whoever asked."""

RETRY_AFTER = {"Retry-After": "5"}  # seconds
AWAY = "A store that Noshow reads from does not answer at the moment. Try again in a few seconds."


class Errors:
    """Turns exceptions into answers, as pages where a browser asks for one."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def install(self, app: FastAPI) -> None:
        app.add_exception_handler(ApiError, self.of_ours)
        app.add_exception_handler(HTTPException, self.of_routing)
        app.add_exception_handler(RequestValidationError, self.of_parameters)
        app.add_exception_handler(StoreUnavailable, self.of_store)
        for kind in STATUS:
            app.add_exception_handler(kind, self.of_reconciliation)
        app.add_middleware(LastResort, answer=self.of_anything)

    async def of_ours(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        if isinstance(error, NotSignedIn) and wants_page(request):
            return RedirectResponse(sign_in_path(request), 303)
        headers = error.headers
        if isinstance(error, NotSignedIn) and "hx-request" in request.headers:
            headers = {**headers, "HX-Redirect": sign_in_path(request)}
        return self._answer(request, error.status, error.detail, error.faults, headers=headers)

    async def of_routing(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = error.headers or NO_HEADERS
        return self._answer(request, error.status_code, _routing_words(request, error, headers), headers=headers)

    async def of_parameters(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        body = getattr(request.scope.get("route"), "body_field", None)
        known = None if body is None else body.field_info.annotation
        bad = BadParameters([fault(wrong, known) for wrong in error.errors()])
        return self._answer(request, bad.status, bad.detail, bad.faults)

    async def of_reconciliation(self, request: Request, error: Exception) -> Response:
        words = as_sentence(str(error))
        if not isinstance(error, Overtaken):  # which begins with who it was, as they spell it
            words = f"{words[:1].upper()}{words[1:]}"
        return self._answer(request, STATUS[type(error)], words)

    async def of_store(self, request: Request, error: Exception) -> Response:
        log.warning("%s %s: %s", request.method, request.url.path, error)
        return self._answer(request, 503, AWAY, headers=RETRY_AFTER)

    def of_anything(self, request: Request) -> Response:
        return self._answer(request, 500, "Something went wrong inside of Noshow. Its log has the details.")

    def _answer(
        self,
        request: Request,
        status: int,
        detail: str,
        faults: Sequence[Fault] = (),
        *,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Response:
        if not wants_page(request):
            return fault_problem(status, detail, faults, headers)
        page = self._templates.page(
            request, "error.html", status=status, title=title(status), detail=detail, faults=faults
        )
        page.status_code = status
        page.headers.update(headers)
        return page


class LastResort:
    """ASGI middleware: what nobody expected is logged and answered.

    A handler for `Exception` would not do: Starlette raises the exception again behind it, and the server then drops
    the connection under whoever uses it next.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Response]) -> None:
        self.app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if started or scope["type"] != "http":
                raise
            log.exception("%s %s", scope["method"], scope["path"])
            await self._answer(Request(scope))(scope, receive, send)


def as_sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."


def wants_page(request: Request) -> bool:
    """Browsers name `text/html`; programs say `*/*` or nothing. Under `/v1` everybody gets JSON."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")


def fault(wrong: Mapping[str, Any], body: object = None) -> Fault:
    """One of pydantic's complaints in our words; `body`: the model of what was sent, to tell which keys there are."""
    place = [str(it) for it in wrong.get("loc", ())] or ["query"]
    names = place[1:] if place[0] == "body" else place[-1:]
    parameter = ".".join(names) or place[0]
    match wrong.get("type"):
        case "missing":
            return Fault(parameter, "is missing")
        case "extra_forbidden":
            return Fault(parameter, f"is unknown{nearest(names[-1], keys(body, names[:-1]))}")
        case "model_attributes_type":
            return Fault(parameter, "should be an object")
        case "json_invalid":
            return Fault("body", f"is not JSON: {wrong['ctx']['error']} (character {place[-1]})")
    words = str(wrong.get("msg", "is not valid"))
    return Fault(parameter, words.removeprefix("Value error, ").replace("Input should be", "should be"))


def keys(model: object, place: Sequence[str]) -> list[str]:
    """Those that the model has at a place within it, as far as that can be told."""
    models = [it for it in (model, *get_args(model)) if isinstance(it, type) and issubclass(it, BaseModel)]
    if not models:
        return []
    if not place:
        return list(models[0].model_fields)
    below = models[0].model_fields.get(place[0])
    return [] if below is None else keys(below.annotation, place[1:])


def _routing_words(request: Request, error: HTTPException, headers: Mapping[str, str]) -> str:
    if error.status_code == 404:
        return f"There is nothing at {request.url.path}"
    if error.status_code == 405:
        return f"{request.method} is not possible here; {headers.get('Allow', 'GET')} is."
    return str(error.detail)
