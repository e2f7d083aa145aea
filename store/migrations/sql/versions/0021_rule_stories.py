"""What came of the stories beside the rules."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "rule_stories",
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("stories", sa.BigInteger, nullable=False),
        sa.Column("checks", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("played_at", sa.BigInteger, nullable=False),
    )
