"""What is told of collectors, for the description of the API."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models import Time


class Collector(BaseModel):
    """A process that takes events in, by the spool it has."""

    id: Annotated[str, Field(examples=["c-5f0c2a91"])]
    host: Annotated[str, Field(description="The host and the number of its process.", examples=["ingest-1:4711"])]
    state: Annotated[
        str,
        Field(
            description="`current`; `holding`: not everything is stored, and nothing is judged beyond its watermark; "
            "`let_go`: that has lasted too long, so flags rise in spite of it, and say so."
        ),
    ]
    watermark: Annotated[Time, Field(description="Whatever it accepted before is stored.")]
    heard_at: Time
    registered_at: Time
    waiting: Annotated[int, Field(description="Rows in its spool.")]
    refused: Annotated[int, Field(description="Rows in its spool that ClickHouse refused; they are tried hourly.")]
    let_go_at: Time | None


class Collectors(BaseModel):
    items: list[Collector]
