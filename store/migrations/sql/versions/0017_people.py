"""People whom a provider signs in, and their sessions, which are of no token."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("token_id", existing_type=sa.Text, nullable=True)
        sessions.add_column(sa.Column("person", sa.Text, nullable=False, server_default=""))
        sessions.add_column(sa.Column("scopes", sa.Text, nullable=False, server_default=""))
        sessions.add_column(sa.Column("teams", sa.Text))
