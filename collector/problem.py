"""The one shape of an error over HTTP: RFC 9457 problem details."""

import http
import json
import logging
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, members: Mapping[str, object] | None = None
) -> Response:
    """The answer for a request that failed. `detail` is for people; `members` are further ones of the document."""
    document = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **(members or {}),
    }
    return Response(json.dumps(document), status, dict(headers or {}), MEDIA_TYPE)


def install(app: Starlette) -> None:
    """Give every error of an application this shape: unknown paths, wrong methods, faults of our own."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not possible at {request.url.path}",
    }.get(error.status_code, str(error.detail))
    return problem(error.status_code, detail, headers=error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    return problem(500, "something went wrong on the server; its log says what")
