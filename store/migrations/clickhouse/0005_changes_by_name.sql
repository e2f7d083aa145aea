-- What changed, by the name of the event: so that a rule is asked of those only of which it has something new to say. A
-- name that is not known ('') stands for any.
ALTER TABLE touched ADD COLUMN IF NOT EXISTS name LowCardinality(String);

ALTER TABLE events_touch MODIFY QUERY
SELECT now64(6, 'UTC') AS seen_at, correlation_id, name FROM events GROUP BY correlation_id, name;

-- Whose answer changes by itself: of which workflow ('': of any).
ALTER TABLE deadlines
    ADD COLUMN IF NOT EXISTS workflow LowCardinality(String),
    MODIFY ORDER BY (wake_at, correlation_id, workflow);
