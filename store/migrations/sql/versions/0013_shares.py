"""Who evaluates, and how far the rules have come in each share of the correlation IDs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "peers",
        sa.Column("holder", sa.Text, primary_key=True),
        sa.Column("shares", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rule_shares",
        sa.Column("share", sa.BigInteger, primary_key=True),
        sa.Column("workflow", sa.Text, primary_key=True),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("outdated", sa.BigInteger, nullable=False),
        sa.Column("frozen", sa.BigInteger, nullable=False),
    )
