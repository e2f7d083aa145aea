"""Identifiers that follow from what they identify, so that doing a thing twice makes it once."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6ba3c3f2-0d3c-5d0e-9d6f-6a1f0c2f7e11")
CASE_PREFIX = "case_"


def case_id(workflow: str, correlation_id: str) -> str:
    """`case_` and 32 hex digits. A workflow's name has no slash, so no two pairs share one."""
    return CASE_PREFIX + uuid5(NAMESPACE, f"{workflow}/{correlation_id}").hex


def warning_id(workflow: str, correlation_id: str, step: str) -> str:
    """`due_` and 32 hex digits: of a step of an instance that its owner is warned of. `case_id` holds no slash."""
    return "due_" + uuid5(NAMESPACE, f"{case_id(workflow, correlation_id)}/{step}").hex


def group_id(route: str, receiver: str, labels: str) -> str:
    """`grp_` and 32 hex digits. `labels`: what the group is alike in, as JSON with sorted keys."""
    return "grp_" + uuid5(NAMESPACE, f"{route}\0{receiver}\0{labels}").hex


def message_id(group: str, number: int) -> str:
    """`msg_` and 32 hex digits: the webhook-id of the group's n-th message, the same for every attempt and replay."""
    return "msg_" + uuid5(NAMESPACE, f"{group}/{number}").hex


def action_id(case: str, step: str, name: str, round: int) -> str:
    """`act_` and 32 hex digits: also the idempotency key, the same for every attempt. Neither a case's id nor an
    action's name has a slash, so no two share one, whatever the step is called."""
    return "act_" + uuid5(NAMESPACE, f"{case}/{step}/{name}/{round}").hex
