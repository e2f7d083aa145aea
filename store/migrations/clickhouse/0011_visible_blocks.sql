-- The instant of the insert stands with the events as well, and of how many events a touch tells: so that it can be seen
-- whether all that an insert has touched is there to be judged. Of older rows it is not known: -1 is never their number.
ALTER TABLE events ADD COLUMN IF NOT EXISTS
    seen_at DateTime64(6, 'UTC') MATERIALIZED now64(6, 'UTC') CODEC(T64, LZ4);

ALTER TABLE touched ADD COLUMN IF NOT EXISTS event_count Int32 DEFAULT -1;

ALTER TABLE events_touch MODIFY QUERY
SELECT seen_at, correlation_id, name, toInt32(count()) AS event_count FROM events GROUP BY seen_at, correlation_id, name;
