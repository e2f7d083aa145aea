"""News, groups, messages and silences, in the place of an outbox that held one row for each change of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# What was in the outbox goes on as it is: one group for each endpoint, numbered in the order in which it came.
_GROUPS = """
INSERT INTO groups (id, route, receiver, labels, number, group_wait, group_interval, repeat_interval, storm_cap)
SELECT 'grp_before_' || endpoint, 'notify.route', endpoint, '{}', count(*), 10000000, 60000000, 0, 20
FROM outbox GROUP BY endpoint
"""
_MESSAGES = """
INSERT INTO messages (id, group_id, number, receiver, type, subjects, payload, state, attempts, attempts_before,
                      next_attempt_at, created_at, delivered_at, last_status, last_error)
SELECT id, 'grp_before_' || endpoint,
       row_number() OVER (PARTITION BY endpoint ORDER BY created_at, case_id, transition),
       endpoint, type, 1, payload, state, attempts, 0, next_attempt_at, created_at, delivered_at, last_status,
       last_error
FROM outbox
"""
_SUBJECTS = """
INSERT INTO message_subjects (message_id, subject, transition, receiver, ordinal)
SELECT id, case_id, transition, endpoint, row_number() OVER (PARTITION BY case_id, endpoint ORDER BY transition)
FROM outbox
"""
_TELLINGS = """
INSERT INTO tellings (subject, receiver, group_id, heard, told, messages, held)
SELECT case_id, endpoint, 'grp_before_' || endpoint, transition,
       CASE WHEN type = 'case.resolved' THEN 'closed' ELSE 'open' END, messages, false
FROM (
    SELECT case_id, endpoint, transition, type, count(*) OVER (PARTITION BY case_id, endpoint) AS messages,
           row_number() OVER (PARTITION BY case_id, endpoint ORDER BY transition DESC) AS place
    FROM outbox
) AS told WHERE place = 1
"""


def upgrade() -> None:
    _news()
    _groups()
    _tellings()
    _messages()
    _message_subjects()
    _message_attempts()
    _disabled_endpoints()
    _silences()
    for statement in (_GROUPS, _MESSAGES, _SUBJECTS, _TELLINGS):
        op.execute(statement)
    op.drop_table("outbox")


def _news() -> None:
    op.create_table(
        "news",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("transition", sa.Integer, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("owners", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("at_risk", sa.Float),
        sa.Column("unit", sa.Text),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("routed_at", sa.BigInteger),
        sa.Index("news_unrouted", "routed_at", "at"),
        sa.Index("news_by_time", "at"),
    )


def _groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("waits_since", sa.BigInteger),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("repeated_at", sa.BigInteger),
        sa.Column("group_wait", sa.BigInteger, nullable=False),
        sa.Column("group_interval", sa.BigInteger, nullable=False),
        sa.Column("repeat_interval", sa.BigInteger, nullable=False),
        sa.Column("storm_cap", sa.Integer, nullable=False),
        sa.Index("groups_due", "due_at"),
    )


def _tellings() -> None:
    op.create_table(
        "tellings",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("receiver", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("pending", sa.Integer),
        sa.Column("heard", sa.Integer, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
        sa.Index("tellings_by_group", "group_id", "subject"),
        sa.Index("tellings_held", "held"),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subjects", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("attempts_before", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.UniqueConstraint("group_id", "number"),
        sa.Index("messages_due", "state", "next_attempt_at"),
        sa.Index("messages_by_time", "created_at", "id"),
    )


def _message_subjects() -> None:
    op.create_table(
        "message_subjects",
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("transition", sa.Integer, nullable=False),
        sa.Column("receiver", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.UniqueConstraint("subject", "receiver", "ordinal"),
    )


def _message_attempts() -> None:
    op.create_table(
        "message_attempts",
        sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("took", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False),
    )


def _disabled_endpoints() -> None:
    op.create_table(
        "disabled_endpoints",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def _silences() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("matchers", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("lifted_at", sa.BigInteger),
        sa.Index("silences_by_end", "lifted_at", "ends_at"),
    )
