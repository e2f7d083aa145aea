"""What the OpenAPI document says of bodies that the framework does not read itself."""

from typing import Any

_TEXT = {"type": "string"}

EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["correlation_id", "name", "time"],
    "additionalProperties": False,
    "properties": {
        "correlation_id": {**_TEXT, "description": "What the event belongs to: the order, the claim, the case."},
        "name": {**_TEXT, "description": "What happened, such as PaymentReceived."},
        "time": {
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
            "description": "RFC 3339, or seconds since the epoch. Without a zone it is UTC.",
        },
        "id": {**_TEXT, "description": "With the source it identifies the event; made from its content if absent."},
        "source": {**_TEXT, "default": "json", "description": "The service that says so."},
        "attributes": {"type": "object", "description": "Whatever rules may want to know."},
        "causation_id": _TEXT,
        "trace_id": _TEXT,
        "span_id": _TEXT,
    },
}

_TAKEN = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": {"type": "integer", "description": "Events that are stored."},
        "rejected": {
            "type": "array",
            "description": "The first 100 that were refused.",
            "items": {
                "type": "object",
                "required": ["index", "field", "reason"],
                "properties": {"index": {"type": "integer"}, "field": _TEXT, "reason": _TEXT},
            },
        },
        "rejected_count": {"type": "integer", "description": "How many were refused, if the list was cut."},
    },
}

_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _failures(bad: str) -> dict[str, Any]:
    reasons = {
        "400": bad,
        "401": "It takes a token that is valid.",
        "403": "The token is not for sending events.",
        "408": "The body did not arrive in time.",
        "413": "Too many bytes or too many events.",
        "415": "A type or an encoding that is not supported.",
        "429": "Too fast: try again after `Retry-After` seconds.",
        "503": "Not stored: try again after `Retry-After` seconds.",
    }
    return {status: {"description": reason, **_PROBLEM} for status, reason in reasons.items()}


_EVENTS: dict[str, Any] = {
    "operationId": "send_events",
    "summary": "Send events in JSON or NDJSON",
    "parameters": [
        {
            "name": "source",
            "in": "query",
            "schema": _TEXT,
            "description": "The source of events that name none. One with a mapping may send JSON of any shape.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [EVENT, {"type": "array", "items": EVENT}]}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One event on each line."}},
        },
    },
    "responses": {
        "200": {"description": "Stored.", "content": {"application/json": {"schema": _TAKEN}}},
        **_failures("No JSON, a parameter that is unknown, or no event that could be taken."),
    },
}

_CLOUDEVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "type": {**_TEXT, "description": "The name of the event."},
        "time": {"type": "string", "format": "date-time"},
        "correlationid": {**_TEXT, "description": "What the event belongs to: the order, the claim, the case."},
        "data": {"description": "Its attributes."},
        **{name: _TEXT for name in ("id", "source", "causationid", "recordedtime", "traceparent", "data_base64")},
    },
}

_CLOUDEVENTS: dict[str, Any] = {
    "operationId": "send_cloudevents",
    "summary": "Send CloudEvents",
    "description": "In binary mode the attributes are headers `ce-…`, and the body is the data, of any type.",
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": _CLOUDEVENT},
            "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _CLOUDEVENT}},
        },
    },
    "responses": _EVENTS["responses"],
}

_HANDSHAKE: dict[str, Any] = {
    "operationId": "may_deliver_cloudevents",
    "security": [],
    "tags": ["collector"],
    "summary": "Whether a webhook may deliver here",
    "parameters": [{"name": "WebHook-Request-Origin", "in": "header", "required": True, "schema": _TEXT}],
    "responses": {
        "200": {"description": "It may, if its deliveries show a token."},
        "400": {"description": "The header is missing, or names no host.", **_PROBLEM},
    },
}

_OTLP_BODY = {
    "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}},
    "application/json": {"schema": {"type": "object"}},
}


def _otlp(signal: str, what: str) -> dict[str, Any]:
    """Answered in the encoding of the request, errors as a Status."""
    failures = _failures("No such request of OTLP.")
    return {
        "operationId": f"send_otlp_{signal}",
        "summary": f"Send events as OTLP {what}",
        "requestBody": {"required": True, "content": _OTLP_BODY},
        "responses": {
            "200": {"description": "Stored; what was refused is named as partial success.", "content": _OTLP_BODY},
            **{status: {**failure, "content": _OTLP_BODY} for status, failure in failures.items()},
        },
    }


PATHS: dict[str, dict[str, Any]] = {
    path: {"post": {"tags": ["collector"], **operation}}
    for path, operation in (
        ("/v1/events", _EVENTS),
        ("/v1/cloudevents", _CLOUDEVENTS),
        ("/v1/logs", _otlp("logs", "log records")),
        ("/v1/traces", _otlp("traces", "spans and their events")),
    )
}
PATHS["/v1/cloudevents"]["options"] = _HANDSHAKE
"""As an OpenAPI document has them."""
