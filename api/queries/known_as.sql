-- known_as: the workflows that have an instance of these correlation IDs, each with its present state and its start.
SELECT correlation_id, workflow, argMax(instances.state, version) AS state,
       toUnixTimestamp64Micro(argMax(tuple(instances.start), version).1) AS start
FROM instances
WHERE correlation_id IN {correlation_ids:Array(String)}
GROUP BY correlation_id, workflow
HAVING state != ''
ORDER BY correlation_id, workflow
