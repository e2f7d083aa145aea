"""What a search answers."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models import CorrelationId, Time, WorkflowName


class Known(BaseModel):
    """An instance of the correlation ID."""

    workflow: WorkflowName
    state: Annotated[str, Field(examples=["incomplete"])]
    start: Annotated[Time | None, Field(description="Null of an orphan.")]


class Hit(BaseModel):
    correlation_id: CorrelationId
    instances: Annotated[list[Known], Field(description="Empty where its events have opened none.")]


class Found(BaseModel):
    items: list[Hit]
    exact: Annotated[bool, Field(description="Whether it is an identifier as it stands; else something begins so.")]
    more: Annotated[bool, Field(description="Whether there are more than are listed.")]
