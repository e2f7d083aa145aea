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
        ((`micros` <= {p0:Int64}) AND (`name` = {p2:String})) AS `Charged:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p3:String})) AS `Charged:fails`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `Renewed:is`
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
            concat(reverse(reinterpretAsFixedString((`micros` + {p5:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        min(if(`Charged:is`, `micros`, `never`)) AS `Charged:first`,
        groupArrayIf(`micros`, `Charged:fails`) AS `Charged:fails_at`,
        min(if(`Renewed:is`, `micros`, `never`)) AS `Renewed:first`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`Charged:fails_at`, `never`)) AS `Charged:failed_at`,
        least((`began` + {p6:Int64}), (`began` + {p7:Int64})) AS `Charged:due`,
        (`Charged:first` >= `never`) AS `Renewed:waits_softly`,
        (`Charged:first` >= `never`) AS `Renewed:waits_on_optional`,
        if((`Charged:first` < `never`), `Charged:first`, `long_ago`) AS `Renewed:last`,
        least((`Charged:first` + {p8:Int64}), (`began` + {p7:Int64})) AS `Renewed:due`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            bitAnd((`Charged:first` < `never`), (`Charged:first` <= `Charged:due`)),
            'on_time',
            (`Charged:first` < `never`),
            'late',
            (`Charged:failed_at` < `never`),
            'failed',
            'pending'
        ) AS `Charged:state`,
        multiIf(
            bitAnd((`Renewed:first` < `never`), (`Renewed:first` <= `Renewed:due`)),
            'on_time',
            (`Renewed:first` < `never`),
            'late',
            bitOr(`Renewed:waits_softly`, bitAnd((`Charged:first` >= `never`), (`Renewed:due` >= `never`))),
            'waiting',
            ({p0:Int64} <= (`Renewed:due` + {p9:Int64})),
            'pending',
            'missing'
        ) AS `Renewed:state`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        if((`Charged:state` = 'missing'), (`Charged:due` + {p9:Int64}), `never`) AS `Charged:missing`,
        if((`Charged:state` = 'late'), `Charged:first`, `never`) AS `Charged:late`,
        if((`Charged:state` = 'failed'), `Charged:failed_at`, `never`) AS `Charged:failed`,
        if((`Renewed:state` = 'missing'), (`Renewed:due` + {p9:Int64}), `never`) AS `Renewed:missing`,
        if((`Renewed:state` = 'late'), `Renewed:first`, `never`) AS `Renewed:late`,
        if(
            bitAnd((`Renewed:first` < `never`), (`Renewed:state` != 'not_needed')),
            if((`Renewed:first` < `Renewed:last`), `Renewed:first`, `never`),
            `never`
        ) AS `Renewed:out_of_order`,
        least(
            `next_event`,
            if((`began` < `never`), if((`Renewed:state` = 'pending'), (`Renewed:due` + {p10:Int64}), `never`), `never`)
        ) AS `wakes`
    FROM `layer_2`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        if((`began` < `never`), `began`, NULL) AS `start`,
        array(`Charged:state`, `Renewed:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Charged:first`, `Renewed:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Charged:due`, `Renewed:due`)) AS `step_dues`,
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
                bitOr((`Charged:state` = 'missing'), (`Renewed:state` = 'missing')),
                'incomplete',
                bitAnd(
                    bitOr(bitOr((`Charged:state` = 'on_time'), (`Charged:state` = 'late')), (`Charged:first` >= `never`)),
                    bitOr(
                        bitOr((`Renewed:state` = 'on_time'), (`Renewed:state` = 'late')),
                        bitAnd((`Renewed:state` = 'waiting'), `Renewed:waits_on_optional`)
                    )
                ),
                'complete',
                'running'
            ),
            ''
        ) AS `state`,
        emptyArrayInt64() AS `step_warned`,
        if(
            (least(`Charged:missing`, `Charged:late`, `Charged:failed`, `Renewed:missing`, `Renewed:late`, `Renewed:out_of_order`) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `Charged:missing`),
                    tuple(0, 'late', `Charged:late`),
                    tuple(0, 'failed', `Charged:failed`),
                    tuple(1, 'missing', `Renewed:missing`),
                    tuple(1, 'late', `Renewed:late`),
                    tuple(1, 'out_of_order', `Renewed:out_of_order`)
                )
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
                {p11:String},
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
-- p1 = 'RenewalDue'
-- p2 = 'Charged'
-- p3 = 'CardDeclined'
-- p4 = 'Renewed'
-- p5 = 2305843009213693952
-- p6 = 259200000000
-- p7 = 2592000000000
-- p8 = 3600000000
-- p9 = 600000000
-- p10 = 600000001
-- p11 = '1e16e7934e2ae6cc'
