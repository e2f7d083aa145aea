"""The tables of the SQL database: what is few and contended. All times are microseconds since the Unix epoch, UTC.

The migrations in `migrations/sql` make them; a test holds the two against each other.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# Who may do the work of this name now. `epoch` grows with every change of hands and `tick` with every round; together
# they are the version of what that round writes. `as_of` is the last instant judged: it never goes back.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("tick", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# One case for each flagged (workflow, correlation ID); reopened in place. `transition` counts its changes of state.
cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, resolved
    Column("reason", Text, nullable=False),  # of the resolution: arrived_late, condition_ceased, …; empty while open
    Column("transition", Integer, nullable=False),
    Column("noun", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("severity_rank", Integer, nullable=False),  # info 0, warning 1, critical 2: what sorting needs
    Column("step", Text, nullable=False),  # stuck at: the first in graph order with an open finding
    Column("kind", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # stuck since
    Column("started_at", BigInteger, nullable=False),
    Column("at_risk", Float),
    Column("unit", Text),
    Column("customer", Text),
    Column("opened_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    UniqueConstraint("workflow", "correlation_id"),
    Index("cases_by_since", "state", "since", "id"),
    Index("cases_by_risk", "state", "at_risk", "id"),
    Index("cases_by_correlation_id", "correlation_id"),
)

# The reconciler's copy of `findings` in ClickHouse, moved forward only by a higher version.
case_findings = Table(
    "case_findings",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("correlation_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("noted", Boolean, nullable=False),
    Column("step_order", Integer, nullable=False),
    Column("at", BigInteger),
    Column("due", BigInteger),
    Column("since", BigInteger, nullable=False),
    Column("detected_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("owner", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("runbook", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("rule_hash", Text, nullable=False),
    Column("closed_because", Text, nullable=False, server_default=""),  # '' where its condition ceased to hold
    Index("case_findings_by_case", "case_id"),
    Index("case_findings_open", "open", "step", "kind"),
)

# Notifications to send. The id is the webhook-id, stable over retries; a transition goes to an endpoint once.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("transition", Integer, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("type", Text, nullable=False),  # case.opened, case.updated, case.resolved, case.reopened
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False),
    UniqueConstraint("case_id", "transition", "endpoint"),
    Index("outbox_due", "state", "next_attempt_at"),
)

# The rule files as the evaluator that holds the lease sees them: what is in force of each, and whether what it holds
# now was refused. `done` of `total` pieces of history have been judged by it. Instances that are older than every
# version (`outdated`) or than retention (`frozen`) are not judged.
rule_files = Table(
    "rule_files",
    metadata,
    Column("file", Text, primary_key=True),  # or the directory, where it was refused as a whole
    Column("workflow", Text, nullable=False),  # empty where nothing of the file is in force, and so what follows
    Column("version", Integer),
    Column("effective_from", BigInteger),
    Column("description", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("steps", Text, nullable=False),  # names as JSON
    Column("rule_hash", Text, nullable=False),
    Column("taken_at", BigInteger),
    Column("refused_at", BigInteger),  # null: not refused
    Column("diagnostics", Text, nullable=False),  # as the linter shows them: of what was refused, else warnings
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("outdated", BigInteger, nullable=False),
    Column("frozen", BigInteger, nullable=False),
)
