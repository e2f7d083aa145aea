"""`/v1/openapi.json`: the REST interface, described."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.guard import READS
from api.json_response import Json
from api.parameters import NoParameters, only

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Yours to choose, another for each thing to do: asked again under the same key, it is done once and "
    "answered alike, for a day.",
    "schema": {
        "type": "string",
        "pattern": r'^"?[!#-~]{1,255}"?$',
        "examples": ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    },
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "`ETag` of the answer that you have: 304 if it is still that.",
    "schema": {"type": "string"},
}
UNCHANGED = {"description": "You have it already (`If-None-Match`)."}

NAMES = {
    "rules__verdict__Kind": "FindingKind",
    "reconcile__truth__sweep__compare__Kind": "DiscrepancyKind",
    "reconcile__actions__row__State": "ActionState",
    "reconcile__notify__outbox__State": "NotificationState",
}
"""Of schemas whose own names are several: clients make classes of them."""

router = APIRouter(include_in_schema=False)


def completed(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """With what holds for all that is under `/v1`, whatever the route: `api.once`, `api.tagged`."""
    for path, operations in paths.items():
        if path.startswith("/v1/"):
            for method, operation in operations.items():
                more = {"post": IDEMPOTENCY_KEY, "get": IF_NONE_MATCH}[method]
                operation["parameters"] = [*operation.get("parameters", ()), more]
                if method == "get":
                    operation["responses"] = {**operation["responses"], "304": UNCHANGED}


def named(described: dict[str, Any]) -> dict[str, Any]:
    """With `NAMES` in the place of those that tell a module."""
    text = msgspec.json.encode(described).decode()
    for long, short in NAMES.items():
        text = text.replace(f'"{long}":', f'"{short}":').replace(f'/{long}"', f'/{short}"')
    renamed: dict[str, Any] = msgspec.json.decode(text)
    schemas = renamed["components"]["schemas"]
    for short in NAMES.values():
        if short in schemas:
            schemas[short]["title"] = short
    return renamed


@router.get("/v1/openapi.json", dependencies=[READS, Depends(only(NoParameters))])
def describe(request: Request) -> Response:
    return Json(request.app.openapi())
