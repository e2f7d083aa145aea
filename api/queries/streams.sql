-- streams: who sends what, as far as it is remembered: what came in the last ten whole minutes and in the day before, and when.
SELECT
    source,
    name,
    sumIf(events, minute >= toDateTime({recent:Int64}, 'UTC') AND minute < toDateTime({until:Int64}, 'UTC')),
    sumIf(events, minute >= toDateTime({day:Int64}, 'UTC') AND minute < toDateTime({recent:Int64}, 'UTC')),
    toUnixTimestamp(min(minute)),
    toUnixTimestamp64Micro(max(last))
FROM arrivals
GROUP BY source, name
ORDER BY source, name
