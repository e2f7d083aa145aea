-- overdue: how many instances have a deadline between two instants.
SELECT uniqExact(workflow, correlation_id)
FROM deadlines
WHERE wake_at > fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND wake_at <= fromUnixTimestamp64Micro({now:Int64}, 'UTC')
