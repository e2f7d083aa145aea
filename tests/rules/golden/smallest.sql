WITH

`rows` AS
(
    SELECT
        toUnixTimestamp64Micro(`time`) AS `micros`,
        `correlation_id`,
        `source`,
        `id`,
        `name`,
        `attributes`,
        `identity`,
        `content`
    FROM `events`
),

`matched` AS
(
    SELECT
        *,
        (`micros` <= {p0:Int64}) AS `exists`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p1:String})) AS `starts`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p2:String})) AS `Answered:is`
    FROM `rows`
),

`histories` AS
(
    SELECT
        `correlation_id`,
        arrayUniq(groupArray(`identity`)) AS `stored`,
        arrayCount(
            `n` -> (`n` = 2),
            arrayEnumerateUniq(arrayMap(`e` -> tupleElement(`e`, 1), arrayDistinct(groupArray(tuple(`identity`, `content`)))))
        ) AS `conflicts`,
        maxIf(tuple(`micros`, `id`, `source`, toString(`name`)), `exists`) AS `last`,
        minOrNullIf(`micros`, (`micros` > {p0:Int64})) AS `next_event`,
        minOrNullIf(`micros`, `starts`) AS `start`,
        minOrNullIf(`micros`, `Answered:is`) AS `Answered:at`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        (`start` + {p3:Int64}) AS `Answered:due`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            (isNotNull(`Answered:at`) AND (isNull(`Answered:due`) OR (`Answered:at` <= `Answered:due`))),
            'on_time',
            isNotNull(`Answered:at`),
            'late',
            (isNull(`Answered:due`) OR ({p0:Int64} <= `Answered:due`)),
            'pending',
            'missing'
        ) AS `Answered:state`
    FROM `layer_1`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        `start`,
        multiIf(
            (`Answered:state` = 'missing'),
            'incomplete',
            ((`Answered:state` = 'on_time') OR (`Answered:state` = 'late')),
            'complete',
            'running'
        ) AS `state`,
        array(`Answered:state`) AS `step_states`,
        array(`Answered:at`) AS `step_times`,
        array(CAST(`Answered:due`, 'Nullable(Int64)')) AS `step_dues`,
        arrayFilter(
            `f` -> isNotNull(tupleElement(`f`, 3)),
            array(
                tuple(0, 'missing', CAST(if((`Answered:state` = 'missing'), `Answered:due`, NULL), 'Nullable(Int64)')),
                tuple(0, 'late', CAST(if((`Answered:state` = 'late'), `Answered:at`, NULL), 'Nullable(Int64)'))
            )
        ) AS `findings`,
        emptyArrayUInt8() AS `undated`,
        NULL AS `at_risk`,
        NULL AS `unit`,
        NULL AS `customer`,
        `stored`,
        `conflicts`,
        tupleElement(`last`, 4) AS `last_event`,
        tupleElement(`last`, 1) AS `last_event_at`,
        if(
            isNotNull(`start`),
            least(
                `next_event`,
                if(((`Answered:state` = 'pending') AND isNotNull(`Answered:due`)), (`Answered:due` + {p4:Int64}), NULL)
            ),
            `next_event`
        ) AS `wake_at`,
        CAST(NULL, 'Nullable(Int64)') AS `ended_at`
    FROM `layer_2`
),

`digested` AS
(
    SELECT
        *,
        if(
            isNotNull(`start`),
            cityHash64(
                {p5:String},
                tuple(
                    `correlation_id`,
                    `start`,
                    `state`,
                    `step_states`,
                    `step_times`,
                    `step_dues`,
                    `findings`,
                    `undated`,
                    `at_risk`,
                    `unit`,
                    `customer`,
                    `stored`,
                    `conflicts`,
                    `last_event`,
                    `last_event_at`,
                    `wake_at`,
                    `ended_at`
                )
            ),
            0
        ) AS `digest`
    FROM `answers`
)

SELECT
    `correlation_id`,
    `start`,
    `state`,
    `step_states`,
    `step_times`,
    `step_dues`,
    `findings`,
    `undated`,
    `at_risk`,
    `unit`,
    `customer`,
    `stored`,
    `conflicts`,
    `last_event`,
    `last_event_at`,
    `wake_at`,
    `ended_at`,
    `digest`
FROM `digested`
WHERE (isNotNull(`start`) OR isNotNull(`wake_at`))
ORDER BY `correlation_id`
SETTINGS max_subquery_depth = 10000, optimize_aggregation_in_order = 1, compile_expressions = 0, least_greatest_legacy_null_behavior = 0

-- p0 = 1763640000000000
-- p1 = 'Asked'
-- p2 = 'Answered'
-- p3 = 5000000
-- p4 = 1
-- p5 = '726ecd804db8a111'
