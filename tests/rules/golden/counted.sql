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
        ((`micros` <= {p0:Int64}) AND (`name` = {p2:String})) AS `ParcelPacked:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p3:String})) AS `ParcelShipped:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `Complaint:is`
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
        min(if(`ParcelPacked:is`, `micros`, `never`)) AS `ParcelPacked:first`,
        groupUniqArrayIf(tuple(`micros`, `id`, `source`), `ParcelPacked:is`) AS `ParcelPacked:events`,
        min(if(`ParcelShipped:is`, `micros`, `never`)) AS `ParcelShipped:first`,
        groupUniqArrayIf(tuple(`micros`, `id`, `source`), `ParcelShipped:is`) AS `ParcelShipped:events`,
        min(if(`Complaint:is`, `micros`, `never`)) AS `Complaint:first`,
        groupUniqArrayIf(tuple(`micros`, `id`, `source`), `Complaint:is`) AS `Complaint:events`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p5:Int64}))), `id`, char(0), toString(`source`)),
            `starts`
        ) AS `start:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arraySort(arrayMap(`e` -> tupleElement(`e`, 1), `ParcelPacked:events`)) AS `ParcelPacked:seen`,
        if(
            (JSONType(`start:attributes`, {p6:String}) IN tuple('Int64', 'UInt64', 'Double')),
            JSONExtractFloat(`start:attributes`, {p6:String}),
            NULL
        ) AS `ParcelPacked:times`,
        (`began` + {p7:Int64}) AS `ParcelPacked:due`,
        arraySort(arrayMap(`e` -> tupleElement(`e`, 1), `ParcelShipped:events`)) AS `ParcelShipped:seen`,
        arraySort(arrayMap(`e` -> tupleElement(`e`, 1), `Complaint:events`)) AS `Complaint:seen`,
        multiIf((`Complaint:first` < `never`), 'on_time', (`Complaint:first` < `never`), 'late', 'pending') AS `Complaint:state`,
        if(
            (`began` >= `never`),
            (least(`ParcelPacked:first`, `ParcelShipped:first`, `Complaint:first`) + {p8:Int64}),
            `never`
        ) AS `orphan_at`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        toInt64(
            ifNull(
                multiIf((`ParcelPacked:times` > 2147483647), 2147483647, (`ParcelPacked:times` < 0), 1, floor(`ParcelPacked:times`)),
                1
            )
        ) AS `ParcelPacked:needed`,
        if(bitAnd((2 > 0), (length(`ParcelShipped:seen`) >= 2)), arrayElement(`ParcelShipped:seen`, greatest(2, 1)), `never`) AS `ParcelShipped:real`,
        if(
            (`Complaint:state` != 'not_needed'),
            if((length(`Complaint:seen`) >= 1), arrayElement(`Complaint:seen`, 1), `never`),
            `never`
        ) AS `Complaint:duplicate`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        if(
            bitAnd((`ParcelPacked:needed` > 0), (length(`ParcelPacked:seen`) >= `ParcelPacked:needed`)),
            arrayElement(`ParcelPacked:seen`, greatest(`ParcelPacked:needed`, 1)),
            `never`
        ) AS `ParcelPacked:real`,
        (`ParcelPacked:needed` = 0) AS `ParcelPacked:skipped`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if((`ParcelPacked:needed` = 0), `began`, `ParcelPacked:real`) AS `ParcelPacked:anchor`,
        multiIf(
            `ParcelPacked:skipped`,
            'skipped',
            bitAnd((`ParcelPacked:real` < `never`), (`ParcelPacked:real` <= `ParcelPacked:due`)),
            'on_time',
            (`ParcelPacked:real` < `never`),
            'late',
            ({p0:Int64} <= (`ParcelPacked:due` + {p8:Int64})),
            'pending',
            'missing'
        ) AS `ParcelPacked:state`,
        if(`ParcelPacked:skipped`, `long_ago`, if((`ParcelPacked:real` < `never`), `ParcelPacked:real`, `long_ago`)) AS `ParcelShipped:last`,
        bitAnd((NOT `ParcelPacked:skipped`), (`ParcelPacked:real` >= `never`)) AS `ParcelShipped:gap`
    FROM `layer_3`
),

`layer_5` AS
(
    SELECT
        *,
        bitAnd((`ParcelPacked:anchor` >= `never`), bitOr((`ParcelPacked:anchor` < `never`), `ParcelPacked:skipped`)) AS `ParcelShipped:waits_on_optional`,
        (`ParcelPacked:anchor` + {p9:Int64}) AS `ParcelShipped:due`,
        if(
            bitAnd((`ParcelPacked:state` = 'pending'), (`ParcelPacked:due` < `never`)),
            (`began` + ((intDiv(greatest((`ParcelPacked:due` - `began`), 0), 100) * {p10:Int64}) + intDiv((modulo(greatest((`ParcelPacked:due` - `began`), 0), 100) * {p10:Int64}), 100))),
            `never`
        ) AS `ParcelPacked:warn_at`,
        if((`ParcelPacked:state` = 'missing'), (`ParcelPacked:due` + {p8:Int64}), `never`) AS `ParcelPacked:missing`,
        if((`ParcelPacked:state` = 'late'), `ParcelPacked:real`, `never`) AS `ParcelPacked:late`,
        if(
            (NOT bitOr(`ParcelPacked:skipped`, (`ParcelPacked:state` = 'not_needed'))),
            if((length(`ParcelPacked:seen`) >= 4), arrayElement(`ParcelPacked:seen`, 4), `never`),
            `never`
        ) AS `ParcelPacked:duplicate`
    FROM `layer_4`
),

`layer_6` AS
(
    SELECT
        *,
        multiIf(
            bitAnd((`ParcelShipped:real` < `never`), (`ParcelShipped:real` <= `ParcelShipped:due`)),
            'on_time',
            (`ParcelShipped:real` < `never`),
            'late',
            bitAnd((`ParcelPacked:anchor` >= `never`), (`ParcelShipped:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`ParcelShipped:due` + {p8:Int64})),
            'pending',
            'missing'
        ) AS `ParcelShipped:state`
    FROM `layer_5`
),

`layer_7` AS
(
    SELECT
        *,
        if(
            bitAnd((`ParcelShipped:state` = 'pending'), (`ParcelShipped:due` < `never`)),
            (`ParcelShipped:due` + {p11:Int64}),
            `never`
        ) AS `ParcelShipped:warn_at`,
        if((`ParcelShipped:state` = 'missing'), (`ParcelShipped:due` + {p8:Int64}), `never`) AS `ParcelShipped:missing`,
        if((`ParcelShipped:state` = 'late'), `ParcelShipped:real`, `never`) AS `ParcelShipped:late`,
        if(
            bitAnd((`ParcelShipped:real` < `never`), (`ParcelShipped:state` != 'not_needed')),
            least(
                if((`ParcelShipped:real` < `ParcelShipped:last`), `ParcelShipped:real`, `never`),
                if(
                    `ParcelShipped:gap`,
                    if(({p0:Int64} > (`ParcelShipped:real` + {p8:Int64})), (`ParcelShipped:real` + {p8:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `ParcelShipped:out_of_order`
    FROM `layer_6`
),

`layer_8` AS
(
    SELECT
        *,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    least(
                        if((`ParcelPacked:state` = 'pending'), (`ParcelPacked:due` + {p12:Int64}), `never`),
                        if((`ParcelPacked:warn_at` > {p0:Int64}), `ParcelPacked:warn_at`, `never`)
                    ),
                    least(
                        if((`ParcelShipped:state` = 'pending'), (`ParcelShipped:due` + {p12:Int64}), `never`),
                        if(
                            bitAnd((`ParcelShipped:state` != 'not_needed'), bitAnd((`ParcelShipped:real` < `never`), `ParcelShipped:gap`)),
                            if(({p0:Int64} <= (`ParcelShipped:real` + {p8:Int64})), ((`ParcelShipped:real` + {p8:Int64}) + {p13:Int64}), `never`),
                            `never`
                        ),
                        if((`ParcelShipped:warn_at` > {p0:Int64}), `ParcelShipped:warn_at`, `never`)
                    )
                ),
                `never`
            ),
            if(({p0:Int64} <= `orphan_at`), (`orphan_at` + {p13:Int64}), `never`)
        ) AS `wakes`
    FROM `layer_7`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        if((`began` < `never`), `began`, NULL) AS `start`,
        array(`ParcelPacked:state`, `ParcelShipped:state`, `Complaint:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`ParcelPacked:real`, `ParcelShipped:real`, `Complaint:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`ParcelPacked:due`, `ParcelShipped:due`, `never`)) AS `step_dues`,
        array(
            CAST(length(`ParcelPacked:seen`), 'Nullable(Int64)'),
            CAST(length(`ParcelShipped:seen`), 'Nullable(Int64)'),
            CAST(NULL, 'Nullable(Int64)')
        ) AS `step_counts`,
        array(
            CAST(nullIf(`ParcelPacked:needed`, -1), 'Nullable(Int64)'),
            CAST(nullIf(2, -1), 'Nullable(Int64)'),
            CAST(NULL, 'Nullable(Int64)')
        ) AS `step_needed`,
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
                bitOr((`ParcelPacked:state` = 'missing'), bitOr((`ParcelShipped:state` = 'missing'), (`Complaint:state` = 'missing'))),
                'incomplete',
                bitAnd(
                    bitOr(bitOr((`ParcelPacked:state` = 'on_time'), (`ParcelPacked:state` = 'late')), `ParcelPacked:skipped`),
                    bitAnd(
                        bitOr(
                            bitOr((`ParcelShipped:state` = 'on_time'), (`ParcelShipped:state` = 'late')),
                            bitAnd((`ParcelShipped:state` = 'waiting'), `ParcelShipped:waits_on_optional`)
                        ),
                        bitOr(bitOr((`Complaint:state` = 'on_time'), (`Complaint:state` = 'late')), (`Complaint:first` >= `never`))
                    )
                ),
                'complete',
                'running'
            ),
            (if(({p0:Int64} > `orphan_at`), `orphan_at`, `never`) < `never`),
            'orphan',
            ''
        ) AS `state`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(
                if(({p0:Int64} >= `ParcelPacked:warn_at`), `ParcelPacked:warn_at`, `never`),
                if(({p0:Int64} >= `ParcelShipped:warn_at`), `ParcelShipped:warn_at`, `never`),
                `never`
            )
        ) AS `step_warned`,
        if(
            (`began` < `never`),
            if(
                (least(
                    `ParcelPacked:missing`,
                    `ParcelPacked:late`,
                    `ParcelPacked:duplicate`,
                    `ParcelShipped:missing`,
                    `ParcelShipped:late`,
                    `ParcelShipped:out_of_order`,
                    `Complaint:duplicate`
                ) < `never`),
                arrayFilter(
                    `f` -> (tupleElement(`f`, 3) < `never`),
                    array(
                        tuple(0, 'missing', `ParcelPacked:missing`),
                        tuple(0, 'late', `ParcelPacked:late`),
                        tuple(0, 'duplicate', `ParcelPacked:duplicate`),
                        tuple(1, 'missing', `ParcelShipped:missing`),
                        tuple(1, 'late', `ParcelShipped:late`),
                        tuple(1, 'out_of_order', `ParcelShipped:out_of_order`),
                        tuple(2, 'duplicate', `Complaint:duplicate`)
                    )
                ),
                CAST(array(), 'Array(Tuple(UInt16, String, Int64))')
            ),
            if(
                (if(({p0:Int64} > `orphan_at`), `orphan_at`, `never`) < `never`),
                arrayFilter(
                    `f` -> (tupleElement(`f`, 3) < `never`),
                    array(tuple(3, 'orphan', if(({p0:Int64} > `orphan_at`), `orphan_at`, `never`)))
                ),
                CAST(array(), 'Array(Tuple(UInt16, String, Int64))')
            )
        ) AS `findings`,
        if((`wakes` < `never`), `wakes`, NULL) AS `wake_at`,
        emptyArrayInt64() AS `held`,
        1 AS `ours`
    FROM `layer_8`
),

`digested` AS
(
    SELECT
        *,
        if(
            notIn(`state`, tuple('', 'outdated')),
            cityHash64(
                {p14:String},
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
-- p1 = 'OrderPlaced'
-- p2 = 'ParcelPacked'
-- p3 = 'ParcelShipped'
-- p4 = 'Complaint'
-- p5 = 2305843009213693952
-- p6 = 'parcels'
-- p7 = 14400000000
-- p8 = 300000000
-- p9 = 172800000000
-- p10 = 80
-- p11 = -21600000000
-- p12 = 300000001
-- p13 = 1
-- p14 = 'd490c741995fe1b3'
