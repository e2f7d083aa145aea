"""What Noshow knows of its own speed: how findings were found, and what evaluators did, by the minute."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "detections",
        sa.Column("workflow", sa.Text, primary_key=True),
        sa.Column("correlation_id", sa.Text, primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("detected_at", sa.BigInteger, primary_key=True),
        sa.Column("apparent_at", sa.BigInteger, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("entered_at", sa.BigInteger, nullable=False),
        sa.Column("delayed_by", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("transition", sa.Integer),
    )
    op.create_index("detections_by_time", "detections", ["entered_at"])
    op.create_table(
        "evaluators",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
        sa.Column("judged_until", sa.BigInteger, nullable=False),
        sa.Column("lag_at_most", sa.BigInteger, nullable=False),
        sa.Column("waiting", sa.BigInteger, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False),
    )
    op.create_table(
        "evaluator_work",
        sa.Column("evaluator", sa.Text, primary_key=True),
        sa.Column("began_at", sa.BigInteger, primary_key=True),
        sa.Column("work", sa.Text, primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
        sa.Column("longest", sa.BigInteger, nullable=False),
        sa.Column("took", sa.BigInteger, nullable=False),
        sa.Column("statements", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("inserted", sa.BigInteger, nullable=False),
    )
    op.create_index("evaluator_work_by_time", "evaluator_work", ["began_at"])
