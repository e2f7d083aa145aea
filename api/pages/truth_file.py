"""`/truth/file`: a CSV of truth is looked at, then applied as one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from api.access.guard import Operator
from api.bodies import Body
from api.context import Context, Here
from api.pages.forms import Sent, read
from api.pages.refusal import NOTHING_REFUSED, REFUSALS, Refusal, refused
from api.parameters import NoParameters, Text, only
from api.problem import ApiError
from api.truth import file_fix, refused_file
from reconcile.teams import Teams
from reconcile.truth.file.fix import Order
from reconcile.truth.file.preview import Preview
from reconcile.truth.file.table import BadFile

router = APIRouter(prefix="/truth", include_in_schema=False, dependencies=[Depends(only(NoParameters))])

LARGEST = 900_000  # bytes: what is larger goes by the REST interface
MOST_BODY = 4 * LARGEST  # as a form encodes it


class FileForm(Body):
    """`csv` is what was chosen, `text` what was pasted."""

    csv: str = ""
    text: str = ""

    @property
    def content(self) -> bytes:
        content = (self.csv or self.text).encode()
        if not content:
            raise ApiError(400, "There is nothing in it: choose a file, or paste its lines.")
        if len(content) > LARGEST:
            raise ApiError(413, f"It is larger than {LARGEST // 1000} kB: send it to /v1/truth/file, or in parts.")
        return content


class ApplyForm(FileForm):
    fingerprint: Text
    reason: Annotated[str, Field(max_length=2_000)]


@router.get("/file")
def file_page(request: Request, identity: Operator, here: Here) -> Response:
    return _page(request, here)


@router.post("/file/preview", max_body_size=MOST_BODY)
def preview(request: Request, identity: Operator, sent: Sent, here: Here) -> Response:
    try:
        content = read(FileForm, sent).content
        return _page(request, here, _previewed(here, content, identity.teams), content)
    except REFUSALS as error:
        return _page(request, here, refusal=refused(request, error, "preview", sent))


@router.post("/file", max_body_size=MOST_BODY)
def apply(request: Request, identity: Operator, sent: Sent, here: Here) -> Response:
    try:
        asked = read(ApplyForm, sent)
        order = Order(asked.fingerprint, identity.actor, asked.reason, identity.teams)
        made = file_fix(here).apply(asked.content, order, here.clock.now())
    except BadFile as bad:
        return _page(request, here, refusal=refused(request, refused_file(bad), "file", sent))
    except REFUSALS as error:
        return _page(request, here, refusal=refused(request, error, "file", sent))
    return here.templates.page(request, "truth_file_done.html", made=made, reason=asked.reason)


def _previewed(here: Context, content: bytes, teams: Teams) -> Preview:
    """Raises `ApiError` with what is wrong with each line."""
    try:
        return file_fix(here).preview(content, here.clock.now(), teams)
    except BadFile as bad:
        raise refused_file(bad) from None


def _page(
    request: Request,
    here: Context,
    seen: Preview | None = None,
    content: bytes = b"",
    refusal: Refusal = NOTHING_REFUSED,
) -> Response:
    page = here.templates.page(request, "truth_file.html", seen=seen, content=content.decode(), refusal=refusal)
    return refusal.on(page)
