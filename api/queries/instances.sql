-- instances: a page of present verdicts in order of workflow and correlation ID; '' and 0 leave a filter out.
-- State '' marks an instance that is no more. The keys are found on the narrow columns first; the arrays are read
-- for those of the page only.
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
    toUnixTimestamp64Micro(judged_at)
FROM instances
WHERE (workflow, correlation_id) IN
(
    SELECT workflow, correlation_id
    FROM
    (
        SELECT workflow, correlation_id, state, rule_version, `findings.kind` AS kinds
        FROM instances
        WHERE ({workflow:String} = '' OR workflow = {workflow:String})
          AND ({correlation_id:String} = '' OR correlation_id = {correlation_id:String})
          AND (workflow > {after_workflow:String}
               OR (workflow = {after_workflow:String} AND correlation_id > {after_correlation_id:String}))
        ORDER BY workflow, correlation_id, version DESC
        LIMIT 1 BY workflow, correlation_id
    )
    WHERE state != '' AND ({state:String} = '' OR state = {state:String})
      AND ({version:UInt32} = 0 OR rule_version = {version:UInt32})
      AND ({kind:String} = '' OR has(kinds, {kind:String}))
    ORDER BY workflow, correlation_id
    LIMIT {limit:UInt32}
)
ORDER BY workflow, correlation_id, version DESC
LIMIT 1 BY workflow, correlation_id
