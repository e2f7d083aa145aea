"""`/rules`: what is in force, what was refused, and the stop switch of what acts by itself."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import rule_stories, rule_texts
from api.access.guard import READS, Administrator
from api.context import Context, Here
from api.models_actions import DecisionBody
from api.pages.forms import MOST, Sent, read, see
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import NoParameters, PathText, only
from api.problem import NotFound
from reconcile.actions import switch
from reconcile.actions.row import Decision

router = APIRouter(include_in_schema=False)


@router.get("/rules", dependencies=[READS, Depends(only(NoParameters))])
def rules_page(request: Request, here: Here) -> Response:
    return _page(request, here)


@router.get("/rules/{workflow}", dependencies=[READS, Depends(only(NoParameters))])
def rule_page(request: Request, workflow: PathText, here: Here) -> Response:
    """What came of the stories about a workflow, what its rule was, and what each change changed."""
    with here.database.read() as connection:
        texts = rule_texts.of_workflow(connection, workflow)
        stories = rule_stories.of_workflow(connection, workflow)
    if not texts:
        raise NotFound(f"No rule of a workflow {workflow} has ever been in force")
    told = {"workflow": workflow, "changes": list(rule_texts.changes(texts)), "stories": stories}
    return here.templates.page(request, "rule.html", **told, now=here.clock.now())


@router.post("/rules/{switched}", max_body_size=MOST, dependencies=[Depends(only(NoParameters))])
def switch_automatic(
    request: Request, identity: Administrator, switched: Literal["stop", "start"], sent: Sent, here: Here
) -> Response:
    """Automatic actions."""
    try:
        decision = Decision(identity.actor, read(DecisionBody, sent).reason)
    except REFUSALS as error:
        return _page(request, here, refused(request, error, switched, sent))
    with here.database.begin() as connection:
        switch.set_stopped(connection, switched == "stop", decision, here.clock.now())
    return see("/rules")


def _page(request: Request, here: Context, refusal: Refusal = NOTHING_REFUSED) -> Response:
    files = here.rule_files.get()
    with here.database.read() as connection:
        automatic = switch.read(connection)
        stories = rule_stories.of_all(connection)
    page = here.templates.page(
        request,
        "rules.html",
        in_force=[file for file in files if file.in_force],
        refused=[file for file in files if file.refused],
        warned=[file for file in files if file.diagnostics and not file.refused],
        stories=rule_stories.tallies(stories),
        unplayed=rule_stories.unplayed(stories),
        automatic=automatic,
        now=here.clock.now(),
        refusal=refusal,
    )
    return refusal.on(page)
