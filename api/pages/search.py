"""`/search`: from an identifier to its order."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import search
from api.access.guard import READS
from api.context import Here
from api.links import order_path
from api.pages.forms import see
from api.parameters import Parameters, Text, only

router = APIRouter(include_in_schema=False)


class SearchPageParameters(Parameters):
    q: Text | None = None


@router.get("/search", dependencies=[READS, Depends(only(SearchPageParameters))])
def search_page(request: Request, asked: Annotated[SearchPageParameters, Query()], here: Here) -> Response:
    """One order is gone to at once."""
    found = search.search(here.clickhouse, asked.q or "")
    if found.only is not None:
        return see(order_path(*found.only))
    workflows = [it.name for it in here.rulebook.workflows]
    anyhow = workflows[0] if workflows else "none"
    return here.templates.page(request, "search.html", found=found, anyhow=anyhow, now=here.clock.now())
