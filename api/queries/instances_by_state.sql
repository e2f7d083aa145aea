-- instances_by_state: how many instances of each workflow are in which state.
SELECT workflow, state, count()
FROM
(
    SELECT workflow, correlation_id, argMax(instances.state, version) AS state
    FROM instances
    GROUP BY workflow, correlation_id
    HAVING state != ''
    SETTINGS optimize_aggregation_in_order = 1
)
GROUP BY workflow, state
ORDER BY workflow, state
