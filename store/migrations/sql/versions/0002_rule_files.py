"""The state of the rules: what is in force, and what was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "rule_files",
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("effective_from", sa.BigInteger),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("steps", sa.Text, nullable=False),
        sa.Column("rule_hash", sa.Text, nullable=False),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("refused_at", sa.BigInteger),
        sa.Column("diagnostics", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("outdated", sa.BigInteger, nullable=False),
        sa.Column("frozen", sa.BigInteger, nullable=False),
    )
