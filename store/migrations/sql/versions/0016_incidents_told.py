"""Which of an incident's changes its owners were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("told", sa.Integer, nullable=False, server_default="0"))
