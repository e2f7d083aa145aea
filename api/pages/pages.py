"""The pages for people, in one place."""

from fastapi import APIRouter

from api.pages import action, board, bulk, case, order, rules, truth

router = APIRouter(include_in_schema=False)

for page in (board, bulk, order, truth, action, case, rules):
    router.include_router(page.router)
