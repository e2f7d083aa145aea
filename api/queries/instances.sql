-- instances: the present verdicts on these instances, each with the version of its row; '' marks one that is no more.
SELECT
    workflow,
    rule_version,
    correlation_id,
    state,
    toUnixTimestamp64Micro(start),
    `steps.name`,
    `steps.state`,
    arrayMap(at -> toUnixTimestamp64Micro(at), `steps.at`),
    arrayMap(due -> toUnixTimestamp64Micro(due), `steps.due`),
    `steps.count`,
    `steps.needed`,
    arrayMap(warned -> toUnixTimestamp64Micro(warned), `steps.warned`),
    `findings.step`,
    `findings.kind`,
    at_risk,
    unit,
    customer,
    stored,
    conflicts,
    undated,
    toUnixTimestamp64Micro(ended_at),
    toUnixTimestamp64Micro(judged_at),
    version
FROM instances
WHERE workflow IN {workflows:Array(String)} AND correlation_id IN {correlation_ids:Array(String)}
ORDER BY workflow, correlation_id, version DESC
LIMIT 1 BY workflow, correlation_id
