"""The source that all that comes with a token is of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("source", sa.Text, nullable=False, server_default=""))
