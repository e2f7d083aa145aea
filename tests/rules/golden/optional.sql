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
        ((`micros` <= {p0:Int64}) AND ((`name` = {p2:String}) AND ifNull((if((JSONType(`attributes`, {p3:String}) = 'Bool'), JSONExtractBool(`attributes`, {p3:String}), NULL) = 1), 0))) AS `ends`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `WrapAsked:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p5:String})) AS `Wrapped:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p6:String})) AS `Picked:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p7:String})) AS `Shipped:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p8:String})) AS `Told:is`
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
            concat(reverse(reinterpretAsFixedString((`micros` + {p9:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        groupArrayIf(`micros`, `ends`) AS `ends_at`,
        min(if(`WrapAsked:is`, `micros`, `never`)) AS `WrapAsked:first`,
        min(if(`Wrapped:is`, `micros`, `never`)) AS `Wrapped:first`,
        min(if(`Picked:is`, `micros`, `never`)) AS `Picked:first`,
        min(if(`Shipped:is`, `micros`, `never`)) AS `Shipped:first`,
        min(if(`Told:is`, `micros`, `never`)) AS `Told:first`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`ends_at`, `never`)) AS `ends_first`,
        (`began` + {p10:Int64}) AS `WrapAsked:due`,
        (`WrapAsked:first` >= `never`) AS `Wrapped:waits_softly`,
        (`WrapAsked:first` >= `never`) AS `Wrapped:waits_on_optional`,
        if((`WrapAsked:first` < `never`), `WrapAsked:first`, `long_ago`) AS `Wrapped:last`,
        least((`WrapAsked:first` + {p11:Int64}), (`began` + {p10:Int64})) AS `Wrapped:due`,
        least((`began` + {p12:Int64}), (`began` + {p10:Int64})) AS `Picked:due`,
        greatest(`Wrapped:first`, `Picked:first`) AS `Shipped:base`,
        greatest(
            if((`Wrapped:first` < `never`), `Wrapped:first`, `long_ago`),
            if((`Picked:first` < `never`), `Picked:first`, `long_ago`)
        ) AS `Shipped:last`,
        least(`Picked:first`, `Shipped:first`) AS `Told:base`,
        bitAnd((least(`Picked:first`, `Shipped:first`) >= `never`), (least(`Picked:first`, `Shipped:first`) < `never`)) AS `Told:waits_on_optional`,
        if((least(`Picked:first`, `Shipped:first`) < `never`), least(`Picked:first`, `Shipped:first`), `long_ago`) AS `Told:last`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`WrapAsked:first` >= `never`), (`WrapAsked:first` > `ends_first`)), (`WrapAsked:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`WrapAsked:first` < `never`), (`WrapAsked:first` <= `WrapAsked:due`)),
            'on_time',
            (`WrapAsked:first` < `never`),
            'late',
            'pending'
        ) AS `WrapAsked:state`,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Wrapped:first` >= `never`), (`Wrapped:first` > `ends_first`)), (`Wrapped:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Wrapped:first` < `never`), (`Wrapped:first` <= `Wrapped:due`)),
            'on_time',
            (`Wrapped:first` < `never`),
            'late',
            bitOr(`Wrapped:waits_softly`, bitAnd((`WrapAsked:first` >= `never`), (`Wrapped:due` >= `never`))),
            'waiting',
            ({p0:Int64} <= `Wrapped:due`),
            'pending',
            'missing'
        ) AS `Wrapped:state`,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Picked:first` >= `never`), (`Picked:first` > `ends_first`)), (`Picked:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Picked:first` < `never`), (`Picked:first` <= `Picked:due`)),
            'on_time',
            (`Picked:first` < `never`),
            'late',
            ({p0:Int64} <= `Picked:due`),
            'pending',
            'missing'
        ) AS `Picked:state`,
        bitAnd(
            (greatest(`Wrapped:first`, `Picked:first`) >= `never`),
            bitAnd(bitOr((`Wrapped:first` < `never`), `Wrapped:waits_softly`), (`Picked:first` < `never`))
        ) AS `Shipped:waits_softly`,
        bitAnd(
            (greatest(`Wrapped:first`, `Picked:first`) >= `never`),
            bitOr(
                (greatest(`Wrapped:first`, `Picked:first`) < `never`),
                bitAnd(bitOr((`Wrapped:first` < `never`), `Wrapped:waits_on_optional`), (`Picked:first` < `never`))
            )
        ) AS `Shipped:waits_on_optional`,
        bitOr(bitAnd((`Wrapped:first` >= `never`), (NOT `Wrapped:waits_on_optional`)), (`Picked:first` >= `never`)) AS `Shipped:gap`,
        least((`Shipped:base` + {p12:Int64}), (`began` + {p10:Int64})) AS `Shipped:due`,
        (`Told:last` = `long_ago`) AS `Told:gap`,
        least((`Told:base` + {p13:Int64}), (`began` + {p10:Int64})) AS `Told:due`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Shipped:first` >= `never`), (`Shipped:first` > `ends_first`)), (`Shipped:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Shipped:first` < `never`), (`Shipped:first` <= `Shipped:due`)),
            'on_time',
            (`Shipped:first` < `never`),
            'late',
            bitOr(
                `Shipped:waits_softly`,
                bitAnd((greatest(`Wrapped:first`, `Picked:first`) >= `never`), (`Shipped:due` >= `never`))
            ),
            'waiting',
            ({p0:Int64} <= `Shipped:due`),
            'pending',
            'missing'
        ) AS `Shipped:state`,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Told:first` >= `never`), (`Told:first` > `ends_first`)), (`Told:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Told:first` < `never`), (`Told:first` <= `Told:due`)),
            'on_time',
            (`Told:first` < `never`),
            'late',
            bitAnd((least(`Picked:first`, `Shipped:first`) >= `never`), (`Told:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= `Told:due`),
            'pending',
            'missing'
        ) AS `Told:state`,
        if((`WrapAsked:state` = 'missing'), `WrapAsked:due`, `never`) AS `WrapAsked:missing`,
        if((`WrapAsked:state` = 'late'), `WrapAsked:first`, `never`) AS `WrapAsked:late`,
        if((`Wrapped:state` = 'missing'), `Wrapped:due`, `never`) AS `Wrapped:missing`,
        if((`Wrapped:state` = 'late'), `Wrapped:first`, `never`) AS `Wrapped:late`,
        if(
            bitAnd((`Wrapped:first` < `never`), (`Wrapped:state` != 'not_needed')),
            if((`Wrapped:first` < (`Wrapped:last` + {p14:Int64})), `Wrapped:first`, `never`),
            `never`
        ) AS `Wrapped:out_of_order`,
        if((`Picked:state` = 'missing'), `Picked:due`, `never`) AS `Picked:missing`,
        if((`Picked:state` = 'late'), `Picked:first`, `never`) AS `Picked:late`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if((`Shipped:state` = 'missing'), `Shipped:due`, `never`) AS `Shipped:missing`,
        if((`Shipped:state` = 'late'), `Shipped:first`, `never`) AS `Shipped:late`,
        if(
            bitAnd((`Shipped:first` < `never`), (`Shipped:state` != 'not_needed')),
            least(
                if((`Shipped:first` < (`Shipped:last` + {p14:Int64})), `Shipped:first`, `never`),
                if(`Shipped:gap`, if(({p0:Int64} > `Shipped:first`), `Shipped:first`, `never`), `never`)
            ),
            `never`
        ) AS `Shipped:out_of_order`,
        if((`Told:state` = 'missing'), `Told:due`, `never`) AS `Told:missing`,
        if((`Told:state` = 'late'), `Told:first`, `never`) AS `Told:late`,
        if(
            bitAnd((`Told:first` < `never`), (`Told:state` != 'not_needed')),
            least(
                if((`Told:first` < (`Told:last` + {p14:Int64})), `Told:first`, `never`),
                if(`Told:gap`, if(({p0:Int64} > `Told:first`), `Told:first`, `never`), `never`)
            ),
            `never`
        ) AS `Told:out_of_order`,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    if((`Wrapped:state` = 'pending'), (`Wrapped:due` + {p15:Int64}), `never`),
                    if((`Picked:state` = 'pending'), (`Picked:due` + {p15:Int64}), `never`),
                    least(
                        if((`Shipped:state` = 'pending'), (`Shipped:due` + {p15:Int64}), `never`),
                        if(
                            bitAnd((`Shipped:state` != 'not_needed'), bitAnd((`Shipped:first` < `never`), `Shipped:gap`)),
                            if(({p0:Int64} <= `Shipped:first`), (`Shipped:first` + {p15:Int64}), `never`),
                            `never`
                        )
                    ),
                    least(
                        if((`Told:state` = 'pending'), (`Told:due` + {p15:Int64}), `never`),
                        if(
                            bitAnd((`Told:state` != 'not_needed'), bitAnd((`Told:first` < `never`), `Told:gap`)),
                            if(({p0:Int64} <= `Told:first`), (`Told:first` + {p15:Int64}), `never`),
                            `never`
                        )
                    )
                ),
                `never`
            )
        ) AS `wakes`
    FROM `layer_3`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        if((`began` < `never`), `began`, NULL) AS `start`,
        array(`WrapAsked:state`, `Wrapped:state`, `Picked:state`, `Shipped:state`, `Told:state`) AS `step_states`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(`WrapAsked:first`, `Wrapped:first`, `Picked:first`, `Shipped:first`, `Told:first`)
        ) AS `step_times`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(`WrapAsked:due`, `Wrapped:due`, `Picked:due`, `Shipped:due`, `Told:due`)
        ) AS `step_dues`,
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
        if((`ends_first` < `never`), `ends_first`, NULL) AS `ended_at`,
        multiIf(
            (`began` < `never`),
            multiIf(
                bitOr(
                    bitOr((`WrapAsked:state` = 'missing'), (`Wrapped:state` = 'missing')),
                    bitOr((`Picked:state` = 'missing'), bitOr((`Shipped:state` = 'missing'), (`Told:state` = 'missing')))
                ),
                'incomplete',
                bitOr(
                    (`ends_first` < `never`),
                    bitAnd(
                        bitAnd(
                            bitOr(bitOr((`WrapAsked:state` = 'on_time'), (`WrapAsked:state` = 'late')), (`WrapAsked:first` >= `never`)),
                            bitOr(
                                bitOr((`Wrapped:state` = 'on_time'), (`Wrapped:state` = 'late')),
                                bitAnd((`Wrapped:state` = 'waiting'), `Wrapped:waits_on_optional`)
                            )
                        ),
                        bitAnd(
                            bitOr((`Picked:state` = 'on_time'), (`Picked:state` = 'late')),
                            bitAnd(
                                bitOr(
                                    bitOr((`Shipped:state` = 'on_time'), (`Shipped:state` = 'late')),
                                    bitAnd((`Shipped:state` = 'waiting'), `Shipped:waits_on_optional`)
                                ),
                                bitOr(
                                    bitOr((`Told:state` = 'on_time'), (`Told:state` = 'late')),
                                    bitAnd((`Told:state` = 'waiting'), `Told:waits_on_optional`)
                                )
                            )
                        )
                    )
                ),
                'complete',
                'running'
            ),
            ''
        ) AS `state`,
        emptyArrayInt64() AS `step_warned`,
        if(
            (least(
                `WrapAsked:missing`,
                `WrapAsked:late`,
                `Wrapped:missing`,
                `Wrapped:late`,
                `Wrapped:out_of_order`,
                `Picked:missing`,
                `Picked:late`,
                `Shipped:missing`,
                `Shipped:late`,
                `Shipped:out_of_order`,
                `Told:missing`,
                `Told:late`,
                `Told:out_of_order`
            ) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `WrapAsked:missing`),
                    tuple(0, 'late', `WrapAsked:late`),
                    tuple(1, 'missing', `Wrapped:missing`),
                    tuple(1, 'late', `Wrapped:late`),
                    tuple(1, 'out_of_order', `Wrapped:out_of_order`),
                    tuple(2, 'missing', `Picked:missing`),
                    tuple(2, 'late', `Picked:late`),
                    tuple(3, 'missing', `Shipped:missing`),
                    tuple(3, 'late', `Shipped:late`),
                    tuple(3, 'out_of_order', `Shipped:out_of_order`),
                    tuple(4, 'missing', `Told:missing`),
                    tuple(4, 'late', `Told:late`),
                    tuple(4, 'out_of_order', `Told:out_of_order`)
                )
            ),
            CAST(array(), 'Array(Tuple(UInt16, String, Int64))')
        ) AS `findings`,
        if((`wakes` < `never`), `wakes`, NULL) AS `wake_at`,
        emptyArrayInt64() AS `held`,
        1 AS `ours`
    FROM `layer_4`
),

`digested` AS
(
    SELECT
        *,
        if(
            notIn(`state`, tuple('', 'outdated')),
            cityHash64(
                {p16:String},
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
-- p1 = 'Ordered'
-- p2 = 'Delivered'
-- p3 = 'final'
-- p4 = 'WrapAsked'
-- p5 = 'Wrapped'
-- p6 = 'Picked'
-- p7 = 'Shipped'
-- p8 = 'Told'
-- p9 = 2305843009213693952
-- p10 = 864000000000
-- p11 = 86400000000
-- p12 = 172800000000
-- p13 = 259200000000
-- p14 = -1000000
-- p15 = 1
-- p16 = '178b8f5ab49874fb'
