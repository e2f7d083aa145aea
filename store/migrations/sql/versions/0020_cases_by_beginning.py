"""Cases are found by how their correlation ID begins: the order of PostgreSQL's index was that of a language."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite orders text by its bytes
    op.drop_index("cases_by_correlation_id", "cases")
    by_bytes = {"correlation_id": "text_pattern_ops"}
    op.create_index("cases_by_correlation_id", "cases", ["correlation_id"], postgresql_ops=by_bytes)
