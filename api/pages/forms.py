"""What people send by the forms of our pages, and where they are led afterwards."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from api.access.guard import CSRF_FIELD
from api.errors import fault
from api.problem import BadParameters, Fault

MOST = 64 * 1024  # bytes of a form without a file

Model = TypeVar("Model", bound=BaseModel)


async def _fields(request: Request) -> Mapping[str, str]:
    """What was filled in, lines ending as they do everywhere else; a file counts by its text."""
    fields: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        text = await _text(name, value) if isinstance(value, UploadFile) else value
        if name in fields:
            raise BadParameters([Fault(name, "is given twice")])
        fields[name] = text.replace("\r\n", "\n").strip()
    fields.pop(CSRF_FIELD, None)
    return {name: text for name, text in fields.items() if text}


async def _text(name: str, file: UploadFile) -> str:
    content = await file.read()
    await file.close()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadParameters([Fault(name, "is no text in UTF-8")]) from error


Sent = Annotated[Mapping[str, str], Depends(_fields)]
"""The fields of a form by name, without those that were left blank."""


def read(model: type[Model], sent: Mapping[str, str]) -> Model:
    """Raises `BadParameters`."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise BadParameters([fault(wrong, model) for wrong in error.errors()]) from error


def see(path: str) -> Response:
    """Go on to this page; to load it again does nothing again."""
    return RedirectResponse(path, 303)
