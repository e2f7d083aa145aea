-- Instances by when they began, with what a list of them is narrowed by: an orphan began with its last event. A row is
-- what one version of an instance said; whether that is the newest, `instances` tells. `waits`: the steps that have not
-- come and are expected, `dues` the deadline of each, `due` the earliest.
CREATE TABLE IF NOT EXISTS instance_starts
(
    began          DateTime64(6, 'UTC'),
    workflow       LowCardinality(String),
    correlation_id String,
    version        UInt64,
    rule_version   UInt32,
    state          LowCardinality(String),
    waits          Array(LowCardinality(String)),
    dues           Array(Nullable(DateTime64(6, 'UTC'))),
    due            Nullable(DateTime64(6, 'UTC')),
    kinds          Array(LowCardinality(String)),
    at_risk        Nullable(Float64),
    INDEX by_state state TYPE set(8) GRANULARITY 1,
    INDEX by_due due TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (began, workflow, correlation_id)
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS instances_begin TO instance_starts AS
SELECT ifNull(start, last_event_at) AS began, workflow, correlation_id, version, rule_version, state,
       arrayFilter((it, stands) -> stands IN ('pending', 'missing'), `steps.name`, `steps.state`) AS waits,
       arrayFilter((it, stands) -> stands IN ('pending', 'missing'), `steps.due`, `steps.state`) AS dues,
       arrayReduce('min', dues) AS due, `findings.kind` AS kinds, at_risk
FROM instances;

INSERT INTO instance_starts
SELECT ifNull(start, last_event_at) AS began, workflow, correlation_id, version, rule_version, state,
       arrayFilter((it, stands) -> stands IN ('pending', 'missing'), `steps.name`, `steps.state`) AS waits,
       arrayFilter((it, stands) -> stands IN ('pending', 'missing'), `steps.due`, `steps.state`) AS dues,
       arrayReduce('min', dues) AS due, `findings.kind` AS kinds, at_risk
FROM instances;

-- By which identifiers an order can be found; `store/identifiers.py` says what is one.
CREATE TABLE IF NOT EXISTS identifiers
(
    value          String,
    correlation_id String
)
ENGINE = ReplacingMergeTree
ORDER BY (value, correlation_id)
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_identify TO identifiers AS
SELECT arrayJoin(
arrayFilter(it -> length(it) BETWEEN 4 AND 100 AND match(it, '[0-9]')
        AND NOT match(it, '^[-+]?[0-9]{1,4}$|^[-+]?[0-9]+\\.[0-9]*([eE][-+]?[0-9]+)?$|^[0-9]{4}-[0-9]{2}-[0-9]{2}')
        AND NOT match(it, '[\\s{}"]'),
    if(position(attributes, '{', 2) = 0 AND position(attributes, '[') = 0,
        arrayMap(it -> it.2, JSONExtractKeysAndValues(attributes, 'String')),
        arrayConcat(
            extractAll(attributes, '"([^"\\\\\\s]{4,100})"\\s*[,}\\]]'),
            extractAll(attributes, '[:\\[,]\\s*([0-9]{5,20})\\s*[,}\\]]'))))
) AS value, correlation_id
FROM events
WHERE source != 'noshow';

INSERT INTO identifiers
SELECT arrayJoin(
arrayFilter(it -> length(it) BETWEEN 4 AND 100 AND match(it, '[0-9]')
        AND NOT match(it, '^[-+]?[0-9]{1,4}$|^[-+]?[0-9]+\\.[0-9]*([eE][-+]?[0-9]+)?$|^[0-9]{4}-[0-9]{2}-[0-9]{2}')
        AND NOT match(it, '[\\s{}"]'),
    if(position(attributes, '{', 2) = 0 AND position(attributes, '[') = 0,
        arrayMap(it -> it.2, JSONExtractKeysAndValues(attributes, 'String')),
        arrayConcat(
            extractAll(attributes, '"([^"\\\\\\s]{4,100})"\\s*[,}\\]]'),
            extractAll(attributes, '[:\\[,]\\s*([0-9]{5,20})\\s*[,}\\]]'))))
) AS value, correlation_id
FROM events
WHERE source != 'noshow';

-- How old events are when they come, by the hour: from the median to the oldest twentieth.
CREATE TABLE IF NOT EXISTS lags
(
    hour   DateTime('UTC'),
    source LowCardinality(String),
    name   LowCardinality(String),
    lag    AggregateFunction(quantilesBFloat16(0.5, 0.95), Int64)
)
ENGINE = AggregatingMergeTree
ORDER BY (hour, source, name)
TTL hour + INTERVAL 3 DAY
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_lag TO lags AS
SELECT toStartOfHour(received_at) AS hour, source, name,
       quantilesBFloat16State(0.5, 0.95)(toUnixTimestamp64Micro(received_at) - toUnixTimestamp64Micro(time)) AS lag
FROM events
WHERE source != 'noshow' AND received_at > '2000-01-01'
GROUP BY hour, source, name;
