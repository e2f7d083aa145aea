"""What exactly fell silent, and how much of it still came."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("streams", sa.Text, nullable=False, server_default="[]"))
    op.add_column("incidents", sa.Column("percent", sa.BigInteger, nullable=False, server_default="0"))
