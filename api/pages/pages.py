"""The pages for people, in one place."""

from fastapi import APIRouter

from api.pages import (
    action,
    audit,
    board,
    bulk,
    case,
    discrepancies,
    health,
    incidents,
    live,
    notifications,
    order,
    orders,
    quarantine,
    rules,
    search,
    silences,
    sources,
    truth,
    truth_file,
    workflows,
)

router = APIRouter(include_in_schema=False)

for page in (
    *(board, bulk, orders, search, order, truth, action, case),
    *(truth_file, discrepancies, silences, notifications, quarantine, sources, incidents, audit, rules, health),
    *(workflows, live),
):
    router.include_router(page.router)
