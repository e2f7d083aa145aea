-- What the whole rule language tells of an instance: how often a step was and has to be fulfilled, and since when its
-- early warning holds. An orphan has no start.
ALTER TABLE instances
    ADD COLUMN IF NOT EXISTS `steps.count` Array(Nullable(UInt32)) AFTER `steps.due`,
    ADD COLUMN IF NOT EXISTS `steps.needed` Array(Nullable(UInt32)) AFTER `steps.count`,
    ADD COLUMN IF NOT EXISTS `steps.warned` Array(Nullable(DateTime64(6, 'UTC'))) AFTER `steps.needed`,
    MODIFY COLUMN start Nullable(DateTime64(6, 'UTC'));

-- Why a finding was closed: '' when its condition ceased to hold, 'rule_removed' when nobody asks for it any more. After
-- how many microseconds an open case is raised.
ALTER TABLE findings
    ADD COLUMN IF NOT EXISTS closed_because LowCardinality(String) AFTER closed_at,
    ADD COLUMN IF NOT EXISTS escalate_after Nullable(Int64) AFTER runbook;
