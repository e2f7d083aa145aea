"""Every key of a rule file: what may stand under it, and what an editor says of it."""

from rules.schema import values as kind
from rules.schema.values import Schema, closed, said
from rules.spec import UNNAMED, Late, Orphans, Severity
from rules.spec_truth import Upon

_EVENT: Schema = said(kind.LINE, "The event's name.", "OrderPlaced")
_WHERE = said(kind.EXPRESSION, "Only events for which this is true; it sees nothing but the event.", 'method == "card"')
_MATCH: Schema = {"anyOf": [kind.LINE, closed({"event": _EVENT, "where": _WHERE}, ["event"])]}
MATCHER: Schema = kind.one_or_more(_MATCH)

_SHOWN: dict[str, Schema] = {
    "description": said(kind.TEXT, "Shown to people."),
    "owner": said(kind.LINE, "The team that hears about it; a step's own goes before the workflow's.", "payments"),
    "severity": said(kind.choice(Severity), "How bad a flag is; a step's own goes before the workflow's."),
    "escalate_after": said(kind.DEADLINE, "How long a case may stay open before it is raised.", "4h"),
}

AT_RISK: dict[str, Schema] = {
    "value": said(kind.EXPRESSION, "The number at stake.", "OrderPlaced.amount"),
    "unit": said(kind.EXPRESSION, "Its unit; numbers are summed per unit.", "OrderPlaced.currency"),
}

WORKFLOW: dict[str, Schema] = {
    "workflow": said(kind.KEBAB, "The identity of the workflow, in kebab-case.", "order-fulfilment"),
    "version": said(kind.integer(1), "Above 1 it needs `effective_from`.", default=1),
    "effective_from": said(
        kind.INSTANT,
        "An instance is judged by the highest version whose `effective_from` is not after its start.",
        "2026-11-20T00:00:00Z",
    ),
    "noun": said(kind.LINE, "What people call one of these.", "order", "claim", default=UNNAMED),
    **_SHOWN,
    "severity": {**_SHOWN["severity"], "default": Severity.WARNING.value},
    "labels": said(kind.map_of(kind.TEXT), "Copied to findings and notifications.", {"area": "checkout"}),
    "start": said(MATCHER, "Opens an instance; expressions call it `start`, or by its event's name.", "OrderPlaced"),
    "grace": said(kind.ALLOWANCE, "How long after a deadline an event may still be in transit.", "2m", default="0s"),
    "skew": said(kind.ALLOWANCE, "The clock difference forgiven when order is judged.", "5s", default="0s"),
    "within": said(kind.DEADLINE, "The deadline for the whole instance, from its start.", "30d"),
    "cancel": said(
        MATCHER, "The instance is called off: what was done may have to be undone.", "OrderCancelled", ["A", "B"]
    ),
    "ends_on": said(MATCHER, "The instance is over in good order, whatever steps are left.", "OrderDelivered"),
    "orphans": said(
        kind.choice(Orphans), "What to do with step events that have no start event.", default=Orphans.IGNORE.value
    ),
    "at_risk": said(
        {"anyOf": [kind.EXPRESSION, closed(AT_RISK, ["value"])]},
        "The number at stake; with a unit, `{value: …, unit: …}`.",
        "OrderPlaced.amount",
    ),
    "customer": said(kind.EXPRESSION, "Whom it touches.", "OrderPlaced.customer_id"),
}

_OF_ANSWER = "over `code`, the status, and `response`, the JSON body"

TRUTH: dict[str, Schema] = {
    "get": said(
        kind.ADDRESS, "The address that is asked.", "https://payments.example/v1/charges?order={correlation_id}"
    ),
    "headers": said(
        kind.map_of(kind.LINE, kind.HEADER),
        "Sent with it. A secret comes from the environment, as ${NAME}.",
        {"Authorization": "Bearer ${PAYMENTS_TOKEN}"},
    ),
    "confirmed": said(
        kind.EXPRESSION, f"Whether it happened, {_OF_ANSWER}.", 'code == 200 && response.status == "succeeded"'
    ),
    "absent": said(
        kind.EXPRESSION, f"Whether it did not happen, {_OF_ANSWER}; anything else is unknown.", "code == 404"
    ),
    "time": said(kind.EXPRESSION, f"When it happened, {_OF_ANSWER}.", "response.created_at"),
    "every": said(kind.DEADLINE, "The time between two lookups of what stays unknown.", default="5m"),
    "cache": said(kind.ALLOWANCE, "How long an answer is good for.", "30s", default="0s"),
}

ACTION: dict[str, Schema] = {
    "label": said(kind.LINE, "What the button says; else the action's name.", "Refund the payment"),
    "post": said(kind.ADDRESS, "The address that the request is sent to.", "https://payments.example/v1/refunds"),
    "headers": TRUTH["headers"],
    "body": said(
        kind.ANYTHING, "Sent as JSON; `{Step.attribute}` is filled in.", {"charge": "{PaymentReceived.charge_id}"}
    ),
    "idempotent": said(
        kind.BOOLEAN, "The receiver honours the idempotency key, so that it may be repeated.", default=False
    ),
    "approve": said(kind.integer(1, 2), "How many people it takes.", default=1),
    "automatic": said(
        kind.one_or_more(kind.choice(Upon)),
        "Runs by itself upon these findings on the step; it takes `idempotent`, and no second person.",
        ["not_undone"],
    ),
}

_STEPS = kind.one_or_more(kind.LINE)

STEP: dict[str, Schema] = {
    "event": said(MATCHER, "The events that fulfil the step; else those called like it.", "PaymentReceived"),
    "where": _WHERE,
    "after": said(
        _STEPS,
        "What the deadline is counted from: a step, `start`, or a list (all of them).",
        "PaymentReceived",
        ["PaymentReceived", "StockReserved"],
        default="start",
    ),
    "after_any": said(
        kind.list_of(kind.LINE),
        "Counted from whichever of them came first; not together with `after`.",
        ["Card", "Cash"],
    ),
    "within": said(kind.DEADLINE, "The deadline, counted from `after`.", "15m", "48h", "2d", "1d12h", "PT15M"),
    "due": said(
        kind.EXPRESSION,
        "An expression that gives a promised deadline; with `within` too, the earlier one counts.",
        "OrderPlaced.promised_at",
    ),
    "warn": said(kind.WARNING, "Early warning: a share of the way to the deadline, or how long before.", "80%", "10m"),
    "late": said(
        kind.choice(Late),
        "`note`: the case of a late step is recorded and closes itself; `case`: it stays open until acknowledged.",
        default=Late.NOTE.value,
    ),
    "when": said(
        kind.EXPRESSION,
        "Expected only if this is true, over the start and other steps; else skipped.",
        'OrderPlaced.country in ["DE", "FR"]',
    ),
    "optional": said(
        kind.BOOLEAN,
        "It may never come; if it comes, its deadline and order count, and so do those of the steps after it.",
        default=False,
    ),
    "times": said(
        kind.integer_or_expression(0), "How many distinct events are needed.", 2, "OrderPlaced.parcels", default=1
    ),
    "at_most": said(kind.integer(0), "More distinct events than this is a duplicate; 0 forbids the event.", 1),
    "match": said(
        kind.EXPRESSION,
        "Over this step's event and other steps; false is a mismatch.",
        "amount == OrderPlaced.amount",
    ),
    "fails_on": said(MATCHER, "A definite failure: it did not happen and will not.", "PaymentDeclined"),
    "undone_by": said(MATCHER, "What makes up for this step; it goes with `undo_within`.", "PaymentRefunded"),
    "undo_within": said(kind.DEADLINE, "How long undoing may take once the instance is called off or failed.", "3d"),
    "leave_behind": said(kind.BOOLEAN, "An effect that may stay when the instance is called off.", default=False),
    "expires": said(kind.DEADLINE, "How long this step's effect lasts, as of a payment authorization.", "7d"),
    "needs": said(_STEPS, "The steps whose `expires` bounds this one.", "PaymentAuthorized"),
    **_SHOWN,
    "runbook": said(kind.URL, "Shown with the flag.", "https://wiki.example/runbooks/payments"),
    "truth": said(closed(TRUTH, ["get", "confirmed", "absent"]), "Where the fact really lives: a lookup."),
    "actions": said(
        {**kind.map_of(closed(ACTION, ["post"]), {"pattern": "^[a-z][a-z0-9]*([-_][a-z0-9]+)*$"}), "minProperties": 1},
        "What an operator can have done about it, by name.",
    ),
}
