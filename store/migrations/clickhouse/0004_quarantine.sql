-- What was refused, as it came. The newest version of a row counts. The id is made from the bytes, so that what is sent
-- again and again is one row. `context`: what else the decoder has to know, as JSON; `group_id` tells apart the faults
-- of each source. A row of state `counted` is no event: of how many in a minute the bytes were not kept.
CREATE TABLE IF NOT EXISTS quarantine
(
    id          String,
    version     UInt64,
    state       LowCardinality(String),
    received_at DateTime64(6, 'UTC'),
    source      String,
    sender      String,
    form        LowCardinality(String),
    context     String CODEC(ZSTD(1)),
    field       String,
    reason      String,
    fault       String,
    data        String CODEC(ZSTD(1)),
    size        UInt32,
    cut         Bool,
    number      UInt32,
    state_by    String,
    keep_until  DateTime('UTC'),
    group_id    String MATERIALIZED lower(hex(cityHash64(source, fault)))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
TTL keep_until
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000;
