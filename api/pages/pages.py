"""The pages for people, in one place."""

from fastapi import APIRouter

from api.pages import board, bulk, case, order, rules

router = APIRouter(include_in_schema=False)

for page in (board, bulk, order, case, rules):
    router.include_router(page.router)
