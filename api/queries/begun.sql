-- begun: how many instances of each workflow are in which state, and have something late; those that began since an
-- instant by the stretch of time in which they did (its beginning in seconds), all others together (0).
SELECT workflow, state, began, count(), countIf(late)
FROM
(
    SELECT
        workflow,
        state,
        has(`findings.kind`, 'late') AS late,
        if(start >= fromUnixTimestamp64Micro({since:Int64}, 'UTC'),
           intDiv(toUnixTimestamp64Second(start), {stretch:Int64}) * {stretch:Int64}, 0) AS began
    FROM instances FINAL
    WHERE state != ''
)
GROUP BY workflow, state, began
ORDER BY workflow, state, began
