"""Identifiers that follow from what they identify, so that doing a thing twice makes it once."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6ba3c3f2-0d3c-5d0e-9d6f-6a1f0c2f7e11")
CASE_PREFIX = "case_"


def case_id(workflow: str, correlation_id: str) -> str:
    """`case_` and 32 hex digits. A workflow's name has no slash, so no two pairs share one."""
    return CASE_PREFIX + uuid5(NAMESPACE, f"{workflow}/{correlation_id}").hex


def message_id(case: str, transition: int, endpoint: str) -> str:
    """`msg_` and 32 hex digits: the webhook-id, the same for every attempt and every replay."""
    return "msg_" + uuid5(NAMESPACE, f"{case}/{transition}/{endpoint}").hex


def action_id(case: str, step: str, name: str, round: int) -> str:
    """`act_` and 32 hex digits: also the idempotency key, the same for every attempt. Neither a case's id nor an
    action's name has a slash, so no two share one, whatever the step is called."""
    return "act_" + uuid5(NAMESPACE, f"{case}/{step}/{name}/{round}").hex
