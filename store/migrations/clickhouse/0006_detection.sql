-- How long it took to find a finding: when its first row was written (null: with this row), from when on it could have
-- been found, and why it says nothing of how quickly things are found ('' where it does). Null: not known.
ALTER TABLE findings
    ADD COLUMN IF NOT EXISTS found_at Nullable(DateTime64(6, 'UTC')) AFTER detected_at,
    ADD COLUMN IF NOT EXISTS apparent_at Nullable(DateTime64(6, 'UTC')) AFTER found_at,
    ADD COLUMN IF NOT EXISTS delayed_by LowCardinality(String) AFTER apparent_at;
