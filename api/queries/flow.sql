-- flow: how the instances of a workflow go along each edge, from a step ('' is the start) to one after it.
-- They began between two instants; those that began before and after a third are told apart. How many are in which
-- state of the second step, how many have both, and how long (µs) half of these and 95 of a hundred took at most.
SELECT
    recent,
    edge.1 AS source,
    edge.2 AS target,
    sumMap([toString(state)], [toUInt64(1)]) AS states,
    countIf(took IS NOT NULL) AS passed,
    quantilesTDigestIf(0.5, 0.95)(assumeNotNull(took), took IS NOT NULL) AS within
FROM
(
    SELECT
        start >= fromUnixTimestamp64Micro({since:Int64}, 'UTC') AS recent,
        arrayJoin(arrayZip({sources:Array(String)}, {targets:Array(String)})) AS edge,
        indexOf(`steps.name`, edge.2) AS place,
        `steps.state`[place] AS state,
        if(edge.1 = '', start, `steps.at`[indexOf(`steps.name`, edge.1)]) AS gone,
        `steps.at`[place] AS came,
        if(came IS NULL OR gone IS NULL, NULL,
           greatest(0, toUnixTimestamp64Micro(came) - toUnixTimestamp64Micro(gone))) AS took
    FROM instances FINAL
    WHERE workflow = {workflow:String} AND state != ''
      AND start >= fromUnixTimestamp64Micro({before:Int64}, 'UTC')
      AND start < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
)
GROUP BY recent, source, target
