"""What can be asked of the audit trail, as query parameters."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from api.parameters import After, Limit, Parameters, Text
from rules.parse.literal import moment


def _moment(given: object) -> int:
    if not isinstance(given, str):
        raise ValueError('expected an instant as text, such as "2026-11-20T14:05:00Z"')
    return moment(given)


Instant = Annotated[int, BeforeValidator(_moment, json_schema_input_type=str)]
"""µs UTC, of text in RFC 3339."""


class AuditFilters(Parameters):
    case_id: Annotated[Text | None, Field(description="Only what is about this case.")] = None
    workflow: Annotated[Text | None, Field(description="Only this workflow.", examples=["order-fulfilment"])] = None
    correlation_id: Annotated[Text | None, Field(description="Only this correlation ID.", examples=["A-10042"])] = None
    customer: Annotated[Text | None, Field(description="Only this customer.", examples=["C-77"])] = None
    actor: Annotated[Text | None, Field(description="Only what this one did.", examples=["anna"])] = None
    what: Annotated[Text | None, Field(description="Only what is called so.", examples=["case.resolved"])] = None
    since: Annotated[
        Instant | None,
        Field(
            description="Not before this instant (RFC 3339), or the beginning of this day in UTC.",
            examples=["2026-11-20"],
        ),
    ] = None
    until: Annotated[Instant | None, Field(description="Before this instant, or day.", examples=["2026-11-21"])] = None


class AuditParameters(AuditFilters):
    sort: Annotated[
        Literal["oldest", "newest"], Field(description="In order of the chain: the oldest first, or the newest.")
    ] = "oldest"
    limit: Limit = 100
    after: After = None


class AuditExportParameters(AuditFilters):
    upto: Annotated[int | None, Field(ge=0, description="Only rows up to this number.")] = None
    store: Annotated[
        Literal["database"] | None,
        Field(description="`database`: the end of the chain as the SQL database has it, to compare; without filters."),
    ] = None
