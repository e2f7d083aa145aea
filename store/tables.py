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
    false,
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

# Who takes events in. Whatever was accepted before `watermark` is in ClickHouse; nothing is judged beyond it, until the
# evaluator has `waited` for long enough (µs) without the watermark moving: then it lets go, and goes on without.
collectors = Table(
    "collectors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),  # host:process
    Column("registered_at", BigInteger, nullable=False),
    Column("heard_at", BigInteger, nullable=False),
    Column("watermark", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),  # rows in its spool
    Column("refused", BigInteger, nullable=False),  # rows in its spool that ClickHouse will not take
    Column("waited", BigInteger, nullable=False),
    Column("let_go_at", BigInteger),
)

# One case for each flagged (workflow, correlation ID); reopened in place. `transition` counts its changes of state.
cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, acknowledged, snoozed, resolved
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
    Column("revision", Integer, nullable=False, server_default="0"),  # counts every write: what a write is guarded by
    Column("assignee", Text, nullable=False, server_default=""),
    Column("state_by", Text, nullable=False, server_default=""),  # who brought it into its state; empty: it did itself
    Column("state_at", BigInteger, nullable=False, server_default="0"),  # when it came into its state
    Column("note", Text, nullable=False, server_default=""),  # what that person said
    Column("snoozed_until", BigInteger),
    Column("escalate_at", BigInteger),  # when it is raised if it is still unresolved
    Column("escalated_at", BigInteger),
    Column("ambiguity", Text, nullable=False, server_default=""),  # words with blanks between: timed_out partial_commit
    Column("labels", Text, nullable=False, server_default="{}"),  # of the workflow, as JSON
    UniqueConstraint("workflow", "correlation_id"),
    Index("cases_by_since", "state", "since", "id"),
    Index("cases_by_risk", "state", "at_risk", "id"),
    Index("cases_by_correlation_id", "correlation_id", postgresql_ops={"correlation_id": "text_pattern_ops"}),
    Index("cases_by_snooze", "snoozed_until"),
    Index("cases_by_escalation", "escalate_at"),
    Index("cases_by_assignee", "assignee", "state", "since", "id"),
    Index("cases_by_severity", "state", "severity_rank", "since", "id"),
    Index("cases_summed", "state", "unit", "severity", "noun", "since", "at_risk", "id"),  # has all that is counted
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
    # What a person said of it while it holds: seen; or settled with the case, so that it keeps it open no longer.
    Column("acknowledged", Boolean, nullable=False, server_default=false()),
    Column("settled", Boolean, nullable=False, server_default=false()),
    Column("escalate_after", BigInteger),  # µs
    Index("case_findings_by_case", "case_id"),
    Index("case_findings_of_owner", "owner", "open", "case_id", "step", "kind"),
    Index("case_findings_of_step", "step", "open", "case_id", "kind", "owner"),
    Index("case_findings_of_kind", "kind", "open", "case_id", "step", "owner"),
    Index("case_findings_choices", "open", "workflow", "step", "owner"),
)

# What owners are to be told: one row for each transition of a subject, born with it. A subject is a case, or a step of
# an instance that is warned of early. `snapshot` is all that a message may say of it, as JSON.
news = Table(
    "news",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("transition", Integer, primary_key=True),
    Column("type", Text, nullable=False),  # case.opened, case.updated, …, step.due_soon
    Column("at", BigInteger, nullable=False),
    Column("owners", Text, nullable=False),  # a JSON array: who is concerned, the owner of the case first
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("labels", Text, nullable=False),  # a JSON object
    Column("at_risk", Float),
    Column("unit", Text),
    Column("open", Boolean, nullable=False),  # whether it still asks for somebody
    Column("snapshot", Text, nullable=False),
    Column("routed_at", BigInteger),  # null until it is known whom it goes to
    Index("news_unrouted", "routed_at", "at"),
    Index("news_by_time", "at"),
)

# News that goes to one receiver together: of one route, and alike in what that groups by. `number` counts its messages.
groups = Table(
    "groups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("route", Text, nullable=False),  # its place in the settings
    Column("receiver", Text, nullable=False),
    Column("labels", Text, nullable=False),  # a JSON object: what it is alike in
    Column("number", Integer, nullable=False),
    Column("due_at", BigInteger),  # when the next message is made, if there is something to tell
    Column("waits_since", BigInteger),  # when the first of what is to be told came
    Column("told_at", BigInteger),  # when the last message was made
    Column("repeated_at", BigInteger),  # when what is unresolved was last repeated, or the first of it told
    Column("group_wait", BigInteger, nullable=False),
    Column("group_interval", BigInteger, nullable=False),
    Column("repeat_interval", BigInteger, nullable=False),
    Column("storm_cap", Integer, nullable=False),
    Index("groups_due", "due_at"),
)

# How far a receiver has been told of a subject. `heard` is the last transition that a message has told, or that needed
# none; `pending` the newest one that is to be told. `messages` counts those about it: what keeps them in order.
tellings = Table(
    "tellings",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("receiver", Text, primary_key=True),
    Column("group_id", Text, ForeignKey("groups.id"), nullable=False),
    Column("pending", Integer),
    Column("heard", Integer, nullable=False),
    Column("told", Text, nullable=False),  # open, closed: what the last message said; empty: nothing yet
    Column("messages", Integer, nullable=False),
    Column("held", Boolean, nullable=False),  # by a silence
    Index("tellings_by_group", "group_id", "subject"),
    Index("tellings_held", "held"),
)

# Messages to send, and sent. The id is the webhook-id, stable over retries; it follows from the group and the number.
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("group_id", Text, ForeignKey("groups.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("type", Text, nullable=False),  # case.opened, …, cases.changed, cases.storm, …
    Column("subjects", Integer, nullable=False),  # how many it tells of
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, delivered, failed
    Column("attempts", Integer, nullable=False),
    Column("attempts_before", Integer, nullable=False),  # those made before it was last sent anew
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False),
    UniqueConstraint("group_id", "number"),
    Index("messages_due", "state", "next_attempt_at"),
    Index("messages_by_time", "created_at", "id"),
)

# What a message tells of. The n-th message about a subject to a receiver has the ordinal n, and there is only one.
message_subjects = Table(
    "message_subjects",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("transition", Integer, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("ordinal", Integer, nullable=False),
    UniqueConstraint("subject", "receiver", "ordinal"),
)

# Every try to deliver a message, and what came of it.
message_attempts = Table(
    "message_attempts",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("took", BigInteger, nullable=False),  # µs
    Column("status", Integer),  # of HTTP
    Column("error", Text, nullable=False),
)

# Endpoints that nothing is sent to: they said that they are gone.
disabled_endpoints = Table(
    "disabled_endpoints",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

# Of what fits all matchers nothing is told from `starts_at` to `ends_at`. `ended_by`: who ended it before its time.
silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("matchers", Text, nullable=False),  # a JSON array of texts, as people write them
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("lifted_at", BigInteger),  # when what it held was let go
    Index("silences_by_end", "lifted_at", "ends_at"),
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

# What each version of a workflow was made of, from when on: its file as it came into force. Kept for good.
rule_texts = Table(
    "rule_texts",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("taken_at", BigInteger, primary_key=True),
    Column("rule_hash", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("text", Text, nullable=False),
)

# What came of each file of stories beside the rules, the last time that they were played.
rule_stories = Table(
    "rule_stories",
    metadata,
    Column("file", Text, primary_key=True),
    Column("workflow", Text, nullable=False),  # empty where the file has errors, so that nothing was played
    Column("stories", BigInteger, nullable=False),
    Column("checks", BigInteger, nullable=False),
    Column("failed", BigInteger),  # of the checks; null: nothing was played
    Column("told", Text, nullable=False),  # as `noshow rules test` tells it; empty where all holds
    Column("played_at", BigInteger, nullable=False),
)

# Who evaluates: processes that divide the work into `shares`, and when each was heard of last.
peers = Table(
    "peers",
    metadata,
    Column("holder", Text, primary_key=True),  # as in `leases`
    Column("shares", BigInteger, nullable=False),
    Column("heard_at", BigInteger, nullable=False),
)

# How far the rules of a workflow have come in one of several shares; `rule_files` has it of all together.
rule_shares = Table(
    "rule_shares",
    metadata,
    Column("share", BigInteger, primary_key=True),
    Column("workflow", Text, primary_key=True),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("outdated", BigInteger, nullable=False),
    Column("frozen", BigInteger, nullable=False),
)

# Who may do what. Of a token only a hash is kept; `name` is the person or service it was made for, which may have two
# at once, so that one can take the place of the other. `team` is empty for one that is not bound to a team.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),  # the part of the token that is no secret
    Column("name", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),  # of this name; unique, so that of two who make one, one wins
    Column("digest", Text, nullable=False),  # SHA-256 of the secret part, in hex
    Column("scopes", Text, nullable=False),  # names, separated by spaces
    Column("team", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("source", Text, nullable=False, server_default=""),  # of what is sent with it; '': of any
    UniqueConstraint("name", "generation"),
)

# Sign-ins to the dashboard, by the hash of what the cookie holds. One ends with its token.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("token_id", Text, ForeignKey("tokens.id")),  # null where a provider signed somebody in
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # to the minute or so
    Column("expires_at", BigInteger, nullable=False),
    Column("person", Text, nullable=False, server_default=""),  # whom the provider signed in
    Column("scopes", Text, nullable=False, server_default=""),  # theirs, with space between them
    Column("teams", Text),  # theirs, as a JSON list; null is every team
)

# Whom a provider has signed in: a name is one person's.
people = Table(
    "people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),  # what the provider knows them by
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# What people said about a case.
case_comments = Table(
    "case_comments",
    metadata,
    Column("id", Text, primary_key=True),  # UUIDv7: in order of time
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("case_comments_by_case", "case_id", "id"),
)

# The audit trail as it is born: in the transaction of what it tells of. The columns behind `detail` are filled later by
# the one process that chains; from then on the row never changes, but for a redaction.
audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),  # UUIDv7: in order of time
    Column("at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),  # person, token, schedule, evaluator, truth
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),  # case.resolved, action.called, …
    Column("why", Text, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("causation_id", Text, nullable=False),  # the entry, event or message that led to it
    Column("external", Text, nullable=False),  # JSON object: references of others, such as charge_id
    Column("detail", Text, nullable=False),  # JSON: what was before and after, and more
    Column("seq", BigInteger, unique=True),
    Column("salt", Text),  # of `seal`; empty where what it seals was redacted
    Column("seal", Text),  # digest of why, customer, external and detail
    Column("previous", Text),  # hash of the row before
    Column("hash", Text),
    Index("audit_by_case", "case_id", "id"),
    Index("audit_unchained", "seq", "id"),
)

# The head of the chain: the last number given, its hash, and when.
audit_head = Table(
    "audit_head",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What the evaluator has judged, by workflow, rule and stretch of time: that a rule ran and found nothing is news, too.
# A row goes when the audit trail has it.
passes = Table(
    "passes",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("rule_hash", Text, primary_key=True),
    Column("began_at", BigInteger, primary_key=True),
    Column("ended_at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # of the rule
    Column("rounds", BigInteger, nullable=False),  # how often it was asked whether anything had changed
    Column("looked_at", BigInteger, nullable=False),  # that an ID had new events of a name, or a deadline, of its own
    Column("judged", BigInteger, nullable=False),  # verdicts that were written
    Column("opened", BigInteger, nullable=False),  # findings
    Column("closed", BigInteger, nullable=False),
)

# Testimony on its way to ClickHouse: an event of source `noshow`, born with the decision that it follows from.
testimony = Table(
    "testimony",
    metadata,
    Column("id", Text, primary_key=True),  # of the event
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("name", Text, nullable=False),  # confirmed, absent
    Column("time", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("causation_id", Text, nullable=False),  # the entry of the audit trail
    Column("created_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger),  # null until ClickHouse has it
    Index("testimony_waiting", "stored_at", "created_at"),
    Index("testimony_by_instance", "workflow", "correlation_id"),
)

# What the source of truth is asked about a step of a case, and what it said last.
lookups = Table(
    "lookups",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting, answered, idle
    Column("trigger", Text, nullable=False),  # finding, button, schedule, …: why it is asked next, or was last
    Column("asked_by", Text, nullable=False),
    Column("attempts", Integer, nullable=False),  # since it last had an answer
    Column("total", Integer, nullable=False),  # ever: part of the id of its testimony
    Column("next_at", BigInteger, nullable=False),
    Column("last_at", BigInteger),
    Column("outcome", Text, nullable=False),  # confirmed, absent, unknown; empty before the first answer
    Column("status", Integer),  # of HTTP
    Column("note", Text, nullable=False),
    Index("lookups_due", "state", "next_at"),
)

# Live truth: the last answer of the source, good for a short while, and shown with a warning when the source is away.
truth_answers = Table(
    "truth_answers",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("correlation_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("time", BigInteger),
    Column("status", Integer),
    Column("asked_at", BigInteger, nullable=False),
)

# Where the source of truth and what is stored here differ, as a sweep or a file of truth has found.
discrepancies = Table(
    "discrepancies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),  # the sweep's or the file's name
    Column("kind", Text, nullable=False),  # theirs_only, ours_only, amount, outcome, unknown_order
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("theirs", Text, nullable=False),  # JSON
    Column("ours", Text, nullable=False),  # JSON
    Column("found_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("corrected_at", BigInteger),
    Column("correction", Text, nullable=False),  # what was done about it; empty where nothing was
    Column("told_at", BigInteger),
    Column("closed_at", BigInteger),  # when it was seen that they differ no longer
    Index("discrepancies_by_time", "found_at", "id"),
    Index("discrepancies_untold", "told_at", "found_at"),
    Index("discrepancies_by_instance", "workflow", "correlation_id"),
)

# A request that an operator had sent, or the rule: the row guards it. Of one (case, step, name) each round has one row,
# and a new round begins only where the one before has definitely failed.
actions = Table(
    "actions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("step", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("workflow", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("state", Text, nullable=False),  # proposed, ready, calling, succeeded, failed, unknown, withdrawn
    Column("idempotent", Boolean, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("request", Text, nullable=False),  # JSON, without secrets: as the dry run shows it
    Column("rule_hash", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approved_by", Text, nullable=False),  # the second person, where two are needed
    Column("approved_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("called_at", BigInteger),  # for the first time
    Column("tried_at", BigInteger),  # when the last call was over, or nobody waited for it any more
    Column("settled_at", BigInteger),
    Column("status", Integer),
    Column("note", Text, nullable=False),
    UniqueConstraint("case_id", "step", "name", "round"),
    Index("actions_due", "state", "next_at"),
)

# Things that people can stop: automatic actions, for one.
switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("stopped", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# How each finding was found, kept for some days: from when on it could have been, when its row was written and when the
# reconciler had entered it in its case, with the news that was born of it, if any. `delayed_by`: why it says nothing of
# how quickly things are found.
detections = Table(
    "detections",
    metadata,
    Column("workflow", Text, primary_key=True),
    Column("correlation_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("detected_at", BigInteger, primary_key=True),
    Column("apparent_at", BigInteger, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("delayed_by", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("transition", Integer),
    Index("detections_by_time", "entered_at"),
)

# Evaluators that have judged, as they last said: up to when everything is judged, by how much (µs) that may be behind,
# how many correlation IDs were waiting, and whether judgement was held back.
evaluators = Table(
    "evaluators",
    metadata,
    Column("id", Text, primary_key=True),
    Column("heard_at", BigInteger, nullable=False),
    Column("judged_until", BigInteger, nullable=False),
    Column("lag_at_most", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
)

# What an evaluator did in a minute: its ticks as a whole (`work` is `tick`), and what they went into. `times`: in how
# many ticks; `looked_at`: correlation IDs; `took` and the longest of them in µs; `rows` and `bytes` are those that
# ClickHouse read.
evaluator_work = Table(
    "evaluator_work",
    metadata,
    Column("evaluator", Text, primary_key=True),
    Column("began_at", BigInteger, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("longest", BigInteger, nullable=False),
    Column("took", BigInteger, nullable=False),
    Column("statements", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("inserted", BigInteger, nullable=False),
    Index("evaluator_work_by_time", "began_at"),
)

# A source, or event names, that fell silent: what would follow from their absence is held until it is let go of. Ends
# when something is heard again.
incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # source_silent
    Column("subject", Text, nullable=False),  # whose events they are: a source, a name, or everything
    Column("names", Text, nullable=False),  # of events, as JSON; * is any
    Column("since", BigInteger, nullable=False),  # when the last event was accepted, or they became few
    Column("began_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),  # how long it holds at most
    Column("expected", Text, nullable=False),
    Column("held", BigInteger, nullable=False),  # correlation IDs of which something is not concluded
    Column("let_go_at", BigInteger),  # since when nothing is held for it, though it is still silent
    Column("ended_at", BigInteger),
    Column("because", Text, nullable=False),  # ran_out, dismissed: why it was let go of; back
    Column("ended_by", Text, nullable=False),  # who dismissed it
    Column("reason", Text, nullable=False),
    Column("streams", Text, nullable=False, server_default="[]"),  # [source, name] each, as JSON; * is any
    Column("percent", BigInteger, nullable=False, server_default="0"),  # of the usual that came when it began
    Column("told", Integer, nullable=False, server_default="0"),  # which change owners were told of; 0: none
    Index("incidents_by_time", "began_at", "id"),
    Index("incidents_open", "ended_at", "until"),
)

# What somebody asked for under an idempotency key. `changed_at` is written in the transaction of the change itself, so
# that it is known whether there was one though the process was killed before it could answer.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),  # digest of method, address and body
    Column("holder", Text, nullable=False),  # the request that works on it
    Column("begun_at", BigInteger, nullable=False),
    Column("held_until", BigInteger, nullable=False),
    Column("changed_at", BigInteger),
    Column("status", Integer),  # of the answer; null while there is none
    Column("headers", Text, nullable=False),  # JSON
    Column("body", Text, nullable=False),  # base64
    Index("idempotency_keys_by_time", "begun_at"),
)
