"""`/metrics`: what the process tells of itself, as Prometheus reads it."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access.guard import READS

Exposition = Callable[[str], tuple[bytes, str]]
"""Of what a scraper accepts, the text and its media type."""


def create_router(exposition: Exposition) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        operation_id="metrics",
        summary="Metrics of this process",
        response_class=Response,
        dependencies=[READS],
    )
    def metrics(request: Request) -> Response:
        content, media_type = exposition(request.headers.get("accept", ""))
        return Response(content, media_type=media_type)

    return router
