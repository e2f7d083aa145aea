"""The queue: what people do with cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("cases", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("assignee", sa.Text, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("state_by", sa.Text, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("state_at", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("snoozed_until", sa.BigInteger))
    op.add_column("cases", sa.Column("escalate_at", sa.BigInteger))
    op.add_column("cases", sa.Column("escalated_at", sa.BigInteger))
    op.add_column("cases", sa.Column("ambiguity", sa.Text, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("labels", sa.Text, nullable=False, server_default="{}"))
    op.execute("UPDATE cases SET state_at = coalesce(resolved_at, opened_at)")
    op.create_index("cases_by_snooze", "cases", ["snoozed_until"])
    op.create_index("cases_by_escalation", "cases", ["escalate_at"])
    op.create_index("cases_by_assignee", "cases", ["assignee", "state", "since", "id"])
    op.create_index("cases_by_severity", "cases", ["state", "severity_rank", "since", "id"])
    op.create_index("cases_summed", "cases", ["state", "unit", "severity", "noun", "since", "at_risk", "id"])
    op.drop_index("case_findings_open", "case_findings")
    op.create_index("case_findings_of_owner", "case_findings", ["owner", "open", "case_id", "step", "kind"])
    op.create_index("case_findings_of_step", "case_findings", ["step", "open", "case_id", "kind", "owner"])
    op.create_index("case_findings_of_kind", "case_findings", ["kind", "open", "case_id", "step", "owner"])
    op.create_index("case_findings_choices", "case_findings", ["open", "workflow", "step", "owner"])
    op.add_column("case_findings", sa.Column("acknowledged", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("case_findings", sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("case_findings", sa.Column("escalate_after", sa.BigInteger))
    op.create_table(
        "case_comments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Index("case_comments_by_case", "case_id", "id"),
    )
