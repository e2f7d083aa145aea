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
        ((`micros` <= {p0:Int64}) AND (`name` = {p2:String})) AS `ends`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p3:String})) AS `Authorized:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `Captured:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p5:String})) AS `Settled:is`
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
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        groupArrayIf(`micros`, `ends`) AS `ends_at`,
        min(if(`Authorized:is`, `micros`, `never`)) AS `Authorized:first`,
        min(if(`Captured:is`, `micros`, `never`)) AS `Captured:first`,
        max(if(`Captured:is`, `micros`, `long_ago`)) AS `Captured:latest`,
        argMaxIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `Captured:is`
        ) AS `Captured:latest_attributes`,
        min(if(`Settled:is`, `micros`, `never`)) AS `Settled:first`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `starts`
        ) AS `start:attributes`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `Authorized:is`
        ) AS `Authorized:attributes`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `Captured:is`
        ) AS `Captured:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`ends_at`, `never`)) AS `ends_first`,
        (`began` + {p7:Int64}) AS `Authorized:due`,
        if((`Authorized:first` < `never`), `Authorized:first`, `long_ago`) AS `Captured:last`,
        (`Authorized:first` >= `never`) AS `Captured:gap`,
        least((`Authorized:first` + {p8:Int64}), (`Authorized:first` + {p9:Int64})) AS `Captured:due`,
        ifNull(
            (if(
                (JSONType(`Captured:attributes`, {p10:String}) IN tuple('Int64', 'UInt64', 'Double')),
                JSONExtractFloat(`Captured:attributes`, {p10:String}),
                NULL
            ) > {p11:Float64}),
            0
        ) AS `Settled:holds`,
        (`Captured:first` >= `never`) AS `Settled:undecided`,
        if((`Captured:first` < `never`), `Captured:first`, `long_ago`) AS `Settled:last`,
        (`Captured:first` >= `never`) AS `Settled:gap`,
        (`Captured:first` + {p12:Int64}) AS `Settled:due`,
        ifNull(
            (coalesce(
                (if(
                    (JSONType(`Captured:latest_attributes`, {p10:String}) IN tuple('Int64', 'UInt64')),
                    JSONExtract(`Captured:latest_attributes`, {p10:String}, 'Int128'),
                    NULL
                ) = if(
                    (JSONType(`start:attributes`, {p10:String}) IN tuple('Int64', 'UInt64')),
                    JSONExtract(`start:attributes`, {p10:String}, 'Int128'),
                    NULL
                )),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p10:String}) = 'Bool'),
                    JSONExtractBool(`Captured:latest_attributes`, {p10:String}),
                    NULL
                ) = if((JSONType(`start:attributes`, {p10:String}) = 'Bool'), JSONExtractBool(`start:attributes`, {p10:String}), NULL)),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p10:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`Captured:latest_attributes`, {p10:String}),
                    NULL
                ) = if(
                    (JSONType(`start:attributes`, {p10:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`start:attributes`, {p10:String}),
                    NULL
                )),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p10:String}) = 'String'),
                    JSONExtractString(`Captured:latest_attributes`, {p10:String}),
                    NULL
                ) = if((JSONType(`start:attributes`, {p10:String}) = 'String'), JSONExtractString(`start:attributes`, {p10:String}), NULL))
            ) AND coalesce(
                (if(
                    (JSONType(`Captured:latest_attributes`, {p13:String}) IN tuple('Int64', 'UInt64')),
                    JSONExtract(`Captured:latest_attributes`, {p13:String}, 'Int128'),
                    NULL
                ) = if(
                    (JSONType(`Authorized:attributes`, {p13:String}) IN tuple('Int64', 'UInt64')),
                    JSONExtract(`Authorized:attributes`, {p13:String}, 'Int128'),
                    NULL
                )),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p13:String}) = 'Bool'),
                    JSONExtractBool(`Captured:latest_attributes`, {p13:String}),
                    NULL
                ) = if(
                    (JSONType(`Authorized:attributes`, {p13:String}) = 'Bool'),
                    JSONExtractBool(`Authorized:attributes`, {p13:String}),
                    NULL
                )),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p13:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`Captured:latest_attributes`, {p13:String}),
                    NULL
                ) = if(
                    (JSONType(`Authorized:attributes`, {p13:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`Authorized:attributes`, {p13:String}),
                    NULL
                )),
                (if(
                    (JSONType(`Captured:latest_attributes`, {p13:String}) = 'String'),
                    JSONExtractString(`Captured:latest_attributes`, {p13:String}),
                    NULL
                ) = if(
                    (JSONType(`Authorized:attributes`, {p13:String}) = 'String'),
                    JSONExtractString(`Authorized:attributes`, {p13:String}),
                    NULL
                ))
            )),
            0
        ) AS `Captured:matches`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Authorized:first` >= `never`), (`Authorized:first` > `ends_first`)), (`Authorized:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Authorized:first` < `never`), (`Authorized:first` <= `Authorized:due`)),
            'on_time',
            (`Authorized:first` < `never`),
            'late',
            ({p0:Int64} <= (`Authorized:due` + {p14:Int64})),
            'pending',
            'missing'
        ) AS `Authorized:state`,
        multiIf(
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Captured:first` >= `never`), (`Captured:first` > `ends_first`)), (`Captured:due` > `ends_first`))
            ),
            'not_needed',
            bitAnd((`Captured:first` < `never`), (`Captured:first` <= `Captured:due`)),
            'on_time',
            (`Captured:first` < `never`),
            'late',
            bitAnd((`Authorized:first` >= `never`), (`Captured:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`Captured:due` + {p14:Int64})),
            'pending',
            'missing'
        ) AS `Captured:state`,
        bitAnd((`Captured:first` < `never`), (NOT `Settled:holds`)) AS `Settled:skipped`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        multiIf(
            `Settled:skipped`,
            'skipped',
            bitAnd(
                (`ends_first` < `never`),
                bitAnd(bitOr((`Settled:first` >= `never`), (`Settled:first` > `ends_first`)), (`Settled:due` > `ends_first`))
            ),
            'not_needed',
            `Settled:undecided`,
            'waiting',
            bitAnd((`Settled:first` < `never`), (`Settled:first` <= `Settled:due`)),
            'on_time',
            (`Settled:first` < `never`),
            'late',
            bitAnd((`Captured:first` >= `never`), (`Settled:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`Settled:due` + {p14:Int64})),
            'pending',
            'missing'
        ) AS `Settled:state`,
        if((`Authorized:state` = 'missing'), (`Authorized:due` + {p14:Int64}), `never`) AS `Authorized:missing`,
        if((`Authorized:state` = 'late'), `Authorized:first`, `never`) AS `Authorized:late`,
        if(bitAnd((`Captured:state` = 'pending'), (`Captured:due` < `never`)), (`Captured:due` + {p15:Int64}), `never`) AS `Captured:warn_at`,
        if((`Captured:state` = 'missing'), (`Captured:due` + {p14:Int64}), `never`) AS `Captured:missing`,
        if((`Captured:state` = 'late'), `Captured:first`, `never`) AS `Captured:late`,
        if(
            bitAnd((`Captured:first` < `never`), (`Captured:state` != 'not_needed')),
            least(
                if((`Captured:first` < `Captured:last`), `Captured:first`, `never`),
                if(
                    `Captured:gap`,
                    if(({p0:Int64} > (`Captured:first` + {p14:Int64})), (`Captured:first` + {p14:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `Captured:out_of_order`,
        if(
            bitAnd(
                (`Captured:state` != 'not_needed'),
                bitAnd(bitAnd((`Captured:latest` > `long_ago`), (`Authorized:first` < `never`)), (NOT `Captured:matches`))
            ),
            greatest(`Captured:latest`, `Authorized:first`),
            `never`
        ) AS `Captured:mismatch`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if((`Settled:state` = 'missing'), (`Settled:due` + {p14:Int64}), `never`) AS `Settled:missing`,
        if((`Settled:state` = 'late'), `Settled:first`, `never`) AS `Settled:late`,
        if(
            bitAnd((`Settled:first` < `never`), (NOT bitOr(`Settled:skipped`, (`Settled:state` = 'not_needed')))),
            least(
                if((`Settled:first` < `Settled:last`), `Settled:first`, `never`),
                if(
                    `Settled:gap`,
                    if(({p0:Int64} > (`Settled:first` + {p14:Int64})), (`Settled:first` + {p14:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `Settled:out_of_order`,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    if((`Authorized:state` = 'pending'), (`Authorized:due` + {p16:Int64}), `never`),
                    least(
                        if((`Captured:state` = 'pending'), (`Captured:due` + {p16:Int64}), `never`),
                        if(
                            bitAnd((`Captured:state` != 'not_needed'), bitAnd((`Captured:first` < `never`), `Captured:gap`)),
                            if(({p0:Int64} <= (`Captured:first` + {p14:Int64})), ((`Captured:first` + {p14:Int64}) + {p17:Int64}), `never`),
                            `never`
                        ),
                        if((`Captured:warn_at` > {p0:Int64}), `Captured:warn_at`, `never`)
                    ),
                    least(
                        if((`Settled:state` = 'pending'), (`Settled:due` + {p16:Int64}), `never`),
                        if(
                            bitAnd(
                                (NOT bitOr(`Settled:skipped`, (`Settled:state` = 'not_needed'))),
                                bitAnd((`Settled:first` < `never`), `Settled:gap`)
                            ),
                            if(({p0:Int64} <= (`Settled:first` + {p14:Int64})), ((`Settled:first` + {p14:Int64}) + {p17:Int64}), `never`),
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
        array(`Authorized:state`, `Captured:state`, `Settled:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Authorized:first`, `Captured:first`, `Settled:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Authorized:due`, `Captured:due`, `Settled:due`)) AS `step_dues`,
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
                bitOr((`Authorized:state` = 'missing'), bitOr((`Captured:state` = 'missing'), (`Settled:state` = 'missing'))),
                'incomplete',
                bitOr(
                    (`ends_first` < `never`),
                    bitAnd(
                        bitOr((`Authorized:state` = 'on_time'), (`Authorized:state` = 'late')),
                        bitAnd(
                            bitOr((`Captured:state` = 'on_time'), (`Captured:state` = 'late')),
                            bitOr(bitOr((`Settled:state` = 'on_time'), (`Settled:state` = 'late')), `Settled:skipped`)
                        )
                    )
                ),
                'complete',
                'running'
            ),
            ''
        ) AS `state`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(`never`, if(({p0:Int64} >= `Captured:warn_at`), `Captured:warn_at`, `never`), `never`)
        ) AS `step_warned`,
        if(
            (least(
                `Authorized:missing`,
                `Authorized:late`,
                `Captured:missing`,
                `Captured:late`,
                `Captured:out_of_order`,
                `Captured:mismatch`,
                `Settled:missing`,
                `Settled:late`,
                `Settled:out_of_order`
            ) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `Authorized:missing`),
                    tuple(0, 'late', `Authorized:late`),
                    tuple(1, 'missing', `Captured:missing`),
                    tuple(1, 'late', `Captured:late`),
                    tuple(1, 'out_of_order', `Captured:out_of_order`),
                    tuple(1, 'mismatch', `Captured:mismatch`),
                    tuple(2, 'missing', `Settled:missing`),
                    tuple(2, 'late', `Settled:late`),
                    tuple(2, 'out_of_order', `Settled:out_of_order`)
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
                {p18:String},
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
-- p2 = 'OrderClosed'
-- p3 = 'Authorized'
-- p4 = 'Captured'
-- p5 = 'Settled'
-- p6 = 2305843009213693952
-- p7 = 600000000
-- p8 = 2592000000000
-- p9 = 604800000000
-- p10 = 'amount'
-- p11 = 0.0
-- p12 = 259200000000
-- p13 = 'currency'
-- p14 = 60000000
-- p15 = -86400000000
-- p16 = 60000001
-- p17 = 1
-- p18 = 'b7f7c9e7b39d1b67'
