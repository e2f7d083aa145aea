-- Every event as it was accepted. Exact copies merge away; copies that differ in anything that matters do not, because
-- the content is part of the sort key: which of them counts is decided by the judge, never by a merge. The two hashes
-- tell copies apart without reading them.
CREATE TABLE IF NOT EXISTS events
(
    correlation_id String,
    time           DateTime64(6, 'UTC'),
    name           LowCardinality(String),
    source         LowCardinality(String),
    id             String,
    attributes     String CODEC(ZSTD(1)),
    causation_id   String,
    trace_id       String,
    span_id        String,
    received_at    DateTime64(6, 'UTC'),
    identity       UInt64 MATERIALIZED cityHash64(source, id),
    content        UInt64 MATERIALIZED cityHash64(time, name, attributes)
)
ENGINE = ReplacingMergeTree
ORDER BY (correlation_id, time, name, source, id, content)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;

-- Which correlation IDs changed, by the store's clock at insert. Read by the evaluator from its cursor on.
CREATE TABLE IF NOT EXISTS touched
(
    seen_at        DateTime64(6, 'UTC'),
    correlation_id String
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(seen_at)
ORDER BY (seen_at, correlation_id)
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_touch TO touched AS
SELECT now64(6, 'UTC') AS seen_at, correlation_id FROM events GROUP BY correlation_id;

-- Instants at which an answer can change by itself. A row, not a timer; a stale row costs one look.
CREATE TABLE IF NOT EXISTS deadlines
(
    wake_at        DateTime64(6, 'UTC'),
    correlation_id String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(wake_at)
ORDER BY (wake_at, correlation_id)
SETTINGS index_granularity = 1024;

-- The newest version of a row is the present verdict. `findings` are those that are open. `digest` tells whether a
-- verdict has changed; an instance that is no more (its start event turned out to be another's copy) has state ''.
CREATE TABLE IF NOT EXISTS instances
(
    workflow               LowCardinality(String),
    correlation_id         String,
    version                UInt64,
    rule_hash              LowCardinality(String),
    rule_version           UInt32,
    state                  LowCardinality(String),
    start                  DateTime64(6, 'UTC'),
    `steps.name`           Array(LowCardinality(String)),
    `steps.state`          Array(LowCardinality(String)),
    `steps.at`             Array(Nullable(DateTime64(6, 'UTC'))),
    `steps.due`            Array(Nullable(DateTime64(6, 'UTC'))),
    `findings.step`        Array(LowCardinality(String)),
    `findings.kind`        Array(LowCardinality(String)),
    `findings.since`       Array(DateTime64(6, 'UTC')),
    `findings.detected_at` Array(DateTime64(6, 'UTC')),
    at_risk                Nullable(Float64),
    unit                   Nullable(String),
    customer               Nullable(String),
    stored                 UInt32,
    conflicts              UInt32,
    undated                Array(LowCardinality(String)),
    last_event             LowCardinality(String),
    last_event_at          DateTime64(6, 'UTC'),
    ended_at               Nullable(DateTime64(6, 'UTC')),
    wake_at                Nullable(DateTime64(6, 'UTC')),
    judged_at              DateTime64(6, 'UTC'),
    digest                 UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (workflow, correlation_id)
SETTINGS index_granularity = 1024;

-- One row for each (workflow, correlation ID, step, kind) that ever held, open or closed; the newest version counts.
CREATE TABLE IF NOT EXISTS findings
(
    workflow       LowCardinality(String),
    correlation_id String,
    step           LowCardinality(String),
    kind           LowCardinality(String),
    version        UInt64,
    open           Bool,
    noted          Bool,
    instance_state LowCardinality(String),
    step_order     UInt16,
    started_at     DateTime64(6, 'UTC'),
    at             Nullable(DateTime64(6, 'UTC')),
    due            Nullable(DateTime64(6, 'UTC')),
    since          DateTime64(6, 'UTC'),
    detected_at    DateTime64(6, 'UTC'),
    closed_at      Nullable(DateTime64(6, 'UTC')),
    owner          LowCardinality(String),
    severity       LowCardinality(String),
    noun           LowCardinality(String),
    description    String,
    runbook        String,
    labels         Map(LowCardinality(String), String),
    sentence       String,
    at_risk        Nullable(Float64),
    unit           Nullable(String),
    customer       Nullable(String),
    last_event     LowCardinality(String),
    last_event_at  DateTime64(6, 'UTC'),
    rule_hash      LowCardinality(String),
    rule_version   UInt32,
    written_at     DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    INDEX by_written_at written_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (workflow, correlation_id, step, kind)
SETTINGS index_granularity = 1024;
