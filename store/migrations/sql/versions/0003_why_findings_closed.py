"""Why a finding of a case was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("case_findings", sa.Column("closed_because", sa.Text, nullable=False, server_default=""))
    # Until now it was told by a hash that was taken away.
    op.execute("UPDATE case_findings SET closed_because = 'rule_removed' WHERE NOT open AND rule_hash = ''")
