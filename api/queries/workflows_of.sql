-- workflows_of: the workflows that have an instance of this correlation ID, each with the instance's present state.
SELECT workflow, argMax(instances.state, version) AS state
FROM instances
WHERE correlation_id = {correlation_id:String}
GROUP BY workflow
HAVING state != ''
ORDER BY workflow
