"""`/audit`: who did what, when and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator
from starlette.responses import Response

from api.access.guard import READS
from api.access.personal import refuse_search
from api.audit import Place
from api.context import Here
from api.cursor import decode, encode
from api.links import board_path
from api.parameters import After, Parameters, Text, only
from reconcile.audit.trail import Asked, Span, Trail
from store.event import DAY
from store.instant import parse_instant, rfc3339

router = APIRouter(include_in_schema=False)

PAGE = 50


def _day(text: str) -> str:
    _begins(text)
    return text


def _begins(day: str) -> int:
    """When it begins, µs UTC. Raises `ValueError`."""
    try:
        return parse_instant(f"{day}T00:00:00Z")
    except ValueError as error:
        raise ValueError("expected a day, such as 2026-11-20") from error


class AuditPageParameters(Parameters):
    """All that is given must fit; `day` is one of UTC."""

    customer: Text | None = None
    correlation_id: Text | None = None
    actor: Text | None = None
    what: Text | None = None
    case_id: Text | None = None
    day: Annotated[Text, AfterValidator(_day)] | None = None
    after: After = None

    @property
    def given(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.model_dump(exclude={"after"}).items() if value}

    @property
    def asked(self) -> Asked:
        since = None if self.day is None else _begins(self.day)
        return Asked(
            case_id=self.case_id or "",
            correlation_id=self.correlation_id or "",
            customer=self.customer or "",
            actor=self.actor or "",
            what=self.what or "",
            since=since,
            until=None if since is None else since + DAY,
        )


@router.get("/audit", dependencies=[READS, Depends(only(AuditPageParameters)), Depends(refuse_search)])
def audit_page(request: Request, asked: Annotated[AuditPageParameters, Query()], here: Here) -> Response:
    trail, wanted = Trail(here.clickhouse, here.database), asked.asked
    span = Span(before=decode(asked.after, Place).seq, newest_first=True) if asked.after else Span(newest_first=True)
    found = trail.page(wanted, span, PAGE + 1)
    more = encode(Place(found[PAGE - 1].seq)) if len(found) > PAGE else None
    given = {name: rfc3339(value) if isinstance(value, int) else str(value) for name, value in wanted.given.items()}
    return here.templates.page(
        request,
        "audit.html",
        rows=found[:PAGE],
        head=trail.head(),
        asked=asked,
        more=board_path({**asked.given, "after": more}, "/audit") if more else None,
        export=board_path(given, "/v1/audit/export"),
        now=here.clock.now(),
    )
