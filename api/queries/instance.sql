-- instance: the present verdict on one instance; state '' marks one that is no more.
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
    `findings.step`,
    `findings.kind`,
    at_risk,
    unit,
    customer,
    stored,
    conflicts,
    undated,
    toUnixTimestamp64Micro(ended_at),
    toUnixTimestamp64Micro(judged_at)
FROM instances
WHERE workflow = {workflow:String} AND correlation_id = {correlation_id:String}
ORDER BY version DESC
LIMIT 1
