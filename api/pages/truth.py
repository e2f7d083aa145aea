"""The source of truth from the page of an order: have it asked, or give one's own word."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.guard import Operator
from api.bodies import Body
from api.case_truth import demand_change
from api.context import Here
from api.models_truth import TestifyBody
from api.pages.case import again, done
from api.pages.forms import MOST, Sent, read
from api.pages.refusal import REFUSALS, refused
from api.parameters import NoParameters, PathText, Text, only
from reconcile.truth.asking import Asking
from reconcile.truth.testimony import Word
from reconcile.truth.witness import Statement, Witness
from store.instant import parse_instant

router = APIRouter(prefix="/cases", include_in_schema=False, dependencies=[Depends(only(NoParameters))])


class AskForm(Body):
    step: Text


class TestifyForm(TestifyBody):
    step: Text


@router.post("/{id}/ask", max_body_size=MOST)
def ask(request: Request, identity: Operator, id: PathText, sent: Sent, here: Here) -> Response:
    demand_change(here, identity, id)
    try:
        Asking(here.database, here.rulebook).ask(id, read(AskForm, sent).step, identity.actor, here.clock.now())
    except REFUSALS as error:
        return again(request, here, identity, id, refused(request, error, "ask", sent))
    return done(here, id, "ask")


@router.post("/{id}/testify", max_body_size=MOST)
def testify(request: Request, identity: Operator, id: PathText, sent: Sent, here: Here) -> Response:
    demand_change(here, identity, id)
    try:
        said = read(TestifyForm, sent)
        statement = Statement(Word(said.word), said.reason, parse_instant(said.time) if said.time else None)
        witness = Witness(here.clickhouse, here.database)
        witness.testify(id, said.step, statement, identity.actor, here.clock.now())
    except REFUSALS as error:
        return again(request, here, identity, id, refused(request, error, "testify", sent))
    return done(here, id, "testify")
