-- The audit trail, in the order of its chain. A copy that was cut short may leave a row twice: readers take each `seq`
-- once. Rows are added and never changed, but for a redaction, which empties what a row tells and its salt.
CREATE TABLE IF NOT EXISTS audit
(
    seq            UInt64,
    id             String,
    at             DateTime64(6, 'UTC'),
    actor_kind     LowCardinality(String),
    actor          String,
    what           LowCardinality(String),
    workflow       LowCardinality(String),
    correlation_id String,
    case_id        String,
    step           LowCardinality(String),
    causation_id   String,
    why            String,
    customer       String,
    external       String CODEC(ZSTD(1)),
    detail         String CODEC(ZSTD(1)),
    salt           String,
    seal           String,
    previous       String,
    hash           String,
    INDEX by_correlation_id correlation_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_case_id case_id TYPE bloom_filter GRANULARITY 1,
    INDEX by_customer customer TYPE bloom_filter GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY seq
SETTINGS index_granularity = 1024;
