-- How many events of which name came from which source, by the minute in which a collector accepted them: what is usual,
-- and since when nothing has come. `last`: when the last was accepted; `behind`: the last that was older than five
-- seconds then, as a backlog is. An insert that is repeated counts twice, which makes nothing look silent.
CREATE TABLE IF NOT EXISTS arrivals
(
    minute DateTime('UTC'),
    name   LowCardinality(String),
    source LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    last   SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    behind SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (minute, name, source)
TTL minute + INTERVAL 15 DAY
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_arrive TO arrivals AS
SELECT toStartOfMinute(received_at) AS minute, name, source, count() AS events, max(received_at) AS last,
       maxIf(received_at, time < received_at - INTERVAL 5 SECOND) AS behind
FROM events
WHERE source != 'noshow' AND received_at > '2000-01-01'
GROUP BY minute, name, source;
