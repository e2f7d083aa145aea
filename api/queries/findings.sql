-- findings: everything that was ever flagged on one instance, in the order of the workflow's steps.
SELECT
    step,
    kind,
    open,
    noted,
    owner,
    severity,
    sentence,
    description,
    runbook,
    labels,
    toUnixTimestamp64Micro(at),
    toUnixTimestamp64Micro(due),
    toUnixTimestamp64Micro(since),
    toUnixTimestamp64Micro(detected_at),
    toUnixTimestamp64Micro(closed_at),
    closed_because,
    noun
FROM
(
    SELECT *
    FROM findings
    WHERE workflow = {workflow:String} AND correlation_id = {correlation_id:String}
    ORDER BY version DESC
    LIMIT 1 BY step, kind
)
ORDER BY step_order, step, kind
