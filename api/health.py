"""`/healthz` and `/readyz`: for load balancers and people."""

import logging
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy import text
from starlette.responses import Response

from api import models
from api.context import Context, Here
from api.json_response import Json
from api.parameters import NoParameters, only
from api.problem import ApiError, Fault
from store.errors import StoreError

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])

OPEN: dict[str, Any] = {"security": []}  # for everybody


@router.get(
    "/healthz",
    operation_id="healthz",
    summary="Is the process alive?",
    openapi_extra=OPEN,
    response_model=models.Health,
    dependencies=[Depends(only(NoParameters))],
)
def healthz() -> Response:
    return Json({"status": "ok"})


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Do the stores answer?",
    openapi_extra=OPEN,
    response_model=models.Health,
    dependencies=[Depends(only(NoParameters))],
)
def readyz(here: Here) -> Response:
    """503 with the names of those that do not. A collector by itself takes events without ClickHouse, too."""
    checks: dict[str, Callable[[Context], object]] = {"clickhouse": _clickhouse} if here.needs_clickhouse else {}
    checks["database"] = _database
    faults = [Fault(name, "does not answer") for name, check in checks.items() if not _answers(check, here)]
    if faults:
        silent = " and ".join(fault.parameter for fault in faults)
        raise ApiError(503, f"Not ready: no answer from {silent}.", faults)
    return Json({"status": "ok"})


def _clickhouse(here: Context) -> object:
    return here.clickhouse.query("SELECT 1")


def _database(here: Context) -> object:
    with here.database.read() as connection:
        return connection.execute(text("SELECT 1")).all()


def _answers(check: Callable[[Context], object], here: Context) -> bool:
    try:
        check(here)
    except StoreError as error:
        log.warning("not ready: %s", error)
        return False
    return True
