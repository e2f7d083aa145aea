"""The one shape of an error over HTTP: RFC 9457 problem details."""

import http
import json
from collections.abc import Mapping

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


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
