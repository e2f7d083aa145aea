-- What analysts and dashboards read: one row for each thing, the present one, with names that stay. docs/analysts.md has
-- the same columns; the tables beneath may change. `FINAL` takes the newest version of a row, merged or not.
CREATE OR REPLACE VIEW noshow_instances
(
    workflow       LowCardinality(String) COMMENT 'workflow that the instance is of',
    correlation_id String COMMENT 'the ID that all of its events carry',
    state          LowCardinality(String) COMMENT 'running, incomplete, complete and so on: docs/rules.md#states-of-an-instance',
    rule_version   UInt32 COMMENT 'version of the rule that judged it',
    started_at     Nullable(DateTime64(6, 'UTC')) COMMENT 'time of its start event; null for one without a start',
    ended_at       Nullable(DateTime64(6, 'UTC')) COMMENT 'when it was over; null while it is not',
    judged_at      DateTime64(6, 'UTC') COMMENT 'instant as of which it was judged so',
    next_at        Nullable(DateTime64(6, 'UTC')) COMMENT 'next instant at which time alone can change the verdict; null for none',
    steps          UInt16 COMMENT 'number of steps of its rule',
    findings       UInt16 COMMENT 'number of open findings',
    kinds          Array(LowCardinality(String)) COMMENT 'distinct kinds of its open findings, in alphabetical order',
    at_risk        Nullable(Float64) COMMENT 'number at stake; null where the rule names none',
    unit           Nullable(String) COMMENT 'unit of at_risk, such as a currency',
    customer       Nullable(String) COMMENT 'whom it touches; null where the rule does not say',
    events         UInt32 COMMENT 'number of distinct events of its correlation ID when it was judged',
    conflicts      UInt32 COMMENT 'number of events that came with differing contents',
    last_event     LowCardinality(String) COMMENT 'name of its latest event',
    last_event_at  DateTime64(6, 'UTC') COMMENT 'time of its latest event'
)
AS SELECT
    workflow, correlation_id, state, rule_version, start AS started_at, ended_at, judged_at, wake_at AS next_at,
    length(`steps.name`) AS steps, length(`findings.kind`) AS findings,
    arraySort(arrayDistinct(`findings.kind`)) AS kinds,
    at_risk, unit, customer, stored AS events, conflicts, last_event, last_event_at
FROM instances FINAL
WHERE state != ''
COMMENT 'Every instance of every workflow, as it was last judged.';

CREATE OR REPLACE VIEW noshow_steps
(
    workflow       LowCardinality(String) COMMENT 'workflow that the instance is of',
    correlation_id String COMMENT 'the ID that all of its events carry',
    instance_state LowCardinality(String) COMMENT 'state of the whole instance',
    started_at     Nullable(DateTime64(6, 'UTC')) COMMENT 'time of the start event of the instance',
    position       UInt16 COMMENT 'place of the step in the rule, from 1 on',
    step           LowCardinality(String) COMMENT 'name of the step',
    state          LowCardinality(String) COMMENT 'on_time, late, missing, pending and so on: docs/rules.md#states-of-a-step',
    at             Nullable(DateTime64(6, 'UTC')) COMMENT 'when it was fulfilled; null while it is not',
    due            Nullable(DateTime64(6, 'UTC')) COMMENT 'by when it was or is expected; null where nothing is yet',
    late_seconds   Nullable(Float64) COMMENT 'how long after due it was fulfilled, below 0 before; null where either is null',
    count          Nullable(UInt32) COMMENT 'how often it was seen, of a step with times',
    needed         Nullable(UInt32) COMMENT 'how often it is needed, of a step with times',
    warned_at      Nullable(DateTime64(6, 'UTC')) COMMENT 'since when its early warning holds; null for none'
)
AS SELECT
    workflow, correlation_id, state AS instance_state, start AS started_at, position, step, step_state AS state, at, due,
    (toUnixTimestamp64Micro(at) - toUnixTimestamp64Micro(due)) / 1e6 AS late_seconds, count, needed, warned_at
FROM
(
    SELECT workflow, correlation_id, state, start, position, step, step_state, at, due, count, needed, warned_at
    FROM instances FINAL
    ARRAY JOIN
        arrayEnumerate(`steps.name`) AS position, `steps.name` AS step, `steps.state` AS step_state, `steps.at` AS at,
        `steps.due` AS due, `steps.count` AS count, `steps.needed` AS needed, `steps.warned` AS warned_at
    WHERE state != ''
)
COMMENT 'Every step of every instance, as it was last judged.';

CREATE OR REPLACE VIEW noshow_findings
(
    workflow       LowCardinality(String) COMMENT 'workflow that the instance is of',
    correlation_id String COMMENT 'the ID that all of its events carry',
    step           LowCardinality(String) COMMENT 'step that it is about; empty where it is about the whole instance',
    kind           LowCardinality(String) COMMENT 'missing, late, duplicate and so on: docs/rules.md#findings',
    open           Bool COMMENT 'whether it holds now',
    noted          Bool COMMENT 'whether it is only noted, and nobody is told',
    owner          LowCardinality(String) COMMENT 'team that hears of it',
    severity       LowCardinality(String) COMMENT 'info, warning or critical',
    sentence       String COMMENT 'what is wrong, in a sentence',
    instance_state LowCardinality(String) COMMENT 'state of the whole instance when this was written',
    started_at     DateTime64(6, 'UTC') COMMENT 'when the instance began',
    due            Nullable(DateTime64(6, 'UTC')) COMMENT 'by when the step was expected',
    at             Nullable(DateTime64(6, 'UTC')) COMMENT 'when the step was fulfilled; null where it was not',
    since          DateTime64(6, 'UTC') COMMENT 'from when on it held, by the times of events',
    detected_at    DateTime64(6, 'UTC') COMMENT 'instant as of which it was first judged so',
    closed_at      Nullable(DateTime64(6, 'UTC')) COMMENT 'when it ceased to hold; null while it is open',
    closed_because LowCardinality(String) COMMENT 'rule_removed where no rule asks for it any more, else empty',
    at_risk        Nullable(Float64) COMMENT 'number at stake of the instance',
    unit           Nullable(String) COMMENT 'unit of at_risk',
    customer       Nullable(String) COMMENT 'whom it touches',
    labels         Map(LowCardinality(String), String) COMMENT 'labels of the rule',
    rule_version   UInt32 COMMENT 'version of the rule that judged it'
)
AS SELECT
    workflow, correlation_id, step, kind, open, noted, owner, severity, sentence, instance_state, started_at, due, at,
    since, detected_at, closed_at, closed_because, at_risk, unit, customer, labels, rule_version
FROM findings FINAL
COMMENT 'Everything that was ever flagged, open and closed.';

-- Of copies of an event that differ the earliest counts, then the least name, then the least attributes: as the judge
-- has it (rules/compile/events.py).
CREATE OR REPLACE VIEW noshow_events
(
    correlation_id String COMMENT 'the ID that all events of one instance carry',
    time           DateTime64(6, 'UTC') COMMENT 'when it happened, as its sender says',
    name           LowCardinality(String) COMMENT 'what happened',
    source         LowCardinality(String) COMMENT 'service that sent it; noshow for testimony',
    id             String COMMENT 'its id, unique within the source',
    attributes     String COMMENT 'what else it says, as the JSON text that came; read it with JSONExtract',
    causation_id   String COMMENT 'id of the event that caused it; empty where unknown',
    trace_id       String COMMENT 'OpenTelemetry trace; empty where there was none',
    span_id        String COMMENT 'OpenTelemetry span; empty where there was none',
    received_at    DateTime64(6, 'UTC') COMMENT 'when a collector accepted it'
)
AS SELECT correlation_id, time, name, source, id, attributes, causation_id, trace_id, span_id, received_at
FROM events
ORDER BY correlation_id, time, name, attributes
LIMIT 1 BY correlation_id, source, id
COMMENT 'Every event once, however often it was sent.';
