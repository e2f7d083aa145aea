WITH

toInt64(2305843009213693952) AS `never`,

toInt64(-2305843009213693952) AS `long_ago`,

`rows` AS
(
    SELECT
        toUnixTimestamp64Micro(`time`) AS `micros`,
        `correlation_id`,
        `source`,
        `id`,
        `name`,
        `attributes`,
        `content`,
        cityHash64(`source`, `id`) AS `identity`
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
        arrayUniq(groupArray(`identity`), groupArray(`content`)) AS `stored`,
        (arrayUniq(groupArray(`identity`), groupArray(`content`)) - arrayUniq(groupArray(`identity`))) AS `conflicts`,
        ((arrayUniq(groupArray(`identity`), groupArray(`content`)) - arrayUniq(groupArray(`identity`))) + countIf((`source` = 'noshow'))) AS `doubts`,
        argMaxIf(
            toString(`name`),
            concat(reverse(reinterpretAsFixedString((`micros` + {p3:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        min(if(`Answered:is`, `micros`, `never`)) AS `Answered:first`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        (`began` + {p4:Int64}) AS `Answered:due`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            bitAnd((`Answered:first` < `never`), (`Answered:first` <= `Answered:due`)),
            'on_time',
            (`Answered:first` < `never`),
            'late',
            ({p0:Int64} <= `Answered:due`),
            'pending',
            'missing'
        ) AS `Answered:state`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        if((`Answered:state` = 'missing'), `Answered:due`, `never`) AS `Answered:missing`,
        if((`Answered:state` = 'late'), `Answered:first`, `never`) AS `Answered:late`,
        least(
            `next_event`,
            if((`began` < `never`), if((`Answered:state` = 'pending'), (`Answered:due` + {p5:Int64}), `never`), `never`)
        ) AS `wakes`
    FROM `layer_2`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        if((`began` < `never`), `began`, NULL) AS `start`,
        array(`Answered:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Answered:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Answered:due`)) AS `step_dues`,
        emptyArrayInt64() AS `step_counts`,
        emptyArrayInt64() AS `step_needed`,
        emptyArrayUInt8() AS `undated`,
        NULL AS `at_risk`,
        NULL AS `unit`,
        NULL AS `customer`,
        `stored`,
        `conflicts`,
        `doubts`,
        `last_event`,
        `last_event_at`,
        CAST(NULL, 'Nullable(Int64)') AS `ended_at`,
        multiIf(
            (`began` < `never`),
            multiIf(
                (`Answered:state` = 'missing'),
                'incomplete',
                bitOr((`Answered:state` = 'on_time'), (`Answered:state` = 'late')),
                'complete',
                'running'
            ),
            ''
        ) AS `state`,
        emptyArrayInt64() AS `step_warned`,
        if(
            (least(`Answered:missing`, `Answered:late`) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(tuple(0, 'missing', `Answered:missing`), tuple(0, 'late', `Answered:late`))
            ),
            CAST(array(), 'Array(Tuple(UInt16, String, Int64))')
        ) AS `findings`,
        if((`wakes` < `never`), `wakes`, NULL) AS `wake_at`,
        emptyArrayInt64() AS `held`,
        1 AS `ours`
    FROM `layer_3`
),

`digested` AS
(
    SELECT
        *,
        if(
            notIn(`state`, tuple('', 'outdated')),
            cityHash64(
                {p6:String},
                tuple(
                    `correlation_id`,
                    `start`,
                    `state`,
                    `step_states`,
                    `step_times`,
                    `step_dues`,
                    `step_counts`,
                    `step_needed`,
                    `step_warned`,
                    `findings`,
                    `undated`,
                    `at_risk`,
                    `unit`,
                    `customer`,
                    `stored`,
                    `conflicts`,
                    `doubts`,
                    `last_event`,
                    `last_event_at`,
                    `wake_at`,
                    `held`,
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
    `step_counts`,
    `step_needed`,
    `step_warned`,
    `findings`,
    `undated`,
    `at_risk`,
    `unit`,
    `customer`,
    `stored`,
    `conflicts`,
    `doubts`,
    `last_event`,
    `last_event_at`,
    `wake_at`,
    `held`,
    `ended_at`,
    `digest`
FROM `digested`
WHERE ((`doubts` != 0) OR (`ours` AND ((`state` != '') OR isNotNull(`wake_at`))))
ORDER BY `correlation_id`
SETTINGS max_subquery_depth = 10000, optimize_aggregation_in_order = 1, aggregation_in_order_max_block_bytes = 1000000, compile_expressions = 0, query_plan_merge_expressions = 0, least_greatest_legacy_null_behavior = 0

-- p0 = 1763640000000000
-- p1 = 'Asked'
-- p2 = 'Answered'
-- p3 = 2305843009213693952
-- p4 = 5000000
-- p5 = 1
-- p6 = '7db98b38bb8d6241'
