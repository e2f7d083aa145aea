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
        ((`micros` <= {p0:Int64}) AND (`name` = {p2:String})) AS `cancels`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p3:String})) AS `PaymentReceived:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `ItemShipped:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p5:String})) AS `ComplianceCheckDone:is`
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
        groupArrayIf(`micros`, `cancels`) AS `cancels_at`,
        min(if(`PaymentReceived:is`, `micros`, `never`)) AS `PaymentReceived:first`,
        min(if(`ItemShipped:is`, `micros`, `never`)) AS `ItemShipped:first`,
        min(if(`ComplianceCheckDone:is`, `micros`, `never`)) AS `ComplianceCheckDone:first`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p6:Int64}))), `id`, char(0), toString(`source`)),
            `starts`
        ) AS `start:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`cancels_at`, `never`)) AS `cancels_first`,
        (`began` + {p7:Int64}) AS `PaymentReceived:due`,
        if((`PaymentReceived:first` < `never`), `PaymentReceived:first`, `long_ago`) AS `ItemShipped:last`,
        (`PaymentReceived:first` >= `never`) AS `ItemShipped:gap`,
        (`PaymentReceived:first` + {p8:Int64}) AS `ItemShipped:due`,
        ifNull(
            ((if((JSONType(`start:attributes`, {p9:String}) = 'String'), JSONExtractString(`start:attributes`, {p9:String}), NULL) = {p10:String}) OR (if((JSONType(`start:attributes`, {p9:String}) = 'String'), JSONExtractString(`start:attributes`, {p9:String}), NULL) = {p11:String})),
            0
        ) AS `ComplianceCheckDone:holds`,
        if((`PaymentReceived:first` < `never`), `PaymentReceived:first`, `long_ago`) AS `ComplianceCheckDone:last`,
        (`PaymentReceived:first` >= `never`) AS `ComplianceCheckDone:gap`,
        (`PaymentReceived:first` + {p12:Int64}) AS `ComplianceCheckDone:due`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        (`cancels_first` < `never`) AS `cancelled`,
        multiIf(
            bitAnd(
                (`cancels_first` < `never`),
                bitAnd(
                    bitOr((`PaymentReceived:first` >= `never`), (`PaymentReceived:first` > `cancels_first`)),
                    (`PaymentReceived:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`PaymentReceived:first` < `never`), (`PaymentReceived:first` <= `PaymentReceived:due`)),
            'on_time',
            (`PaymentReceived:first` < `never`),
            'late',
            ({p0:Int64} <= (`PaymentReceived:due` + {p13:Int64})),
            'pending',
            'missing'
        ) AS `PaymentReceived:state`,
        multiIf(
            bitAnd(
                (`cancels_first` < `never`),
                bitAnd(
                    bitOr((`ItemShipped:first` >= `never`), (`ItemShipped:first` > `cancels_first`)),
                    (`ItemShipped:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`ItemShipped:first` < `never`), (`ItemShipped:first` <= `ItemShipped:due`)),
            'on_time',
            (`ItemShipped:first` < `never`),
            'late',
            bitAnd((`PaymentReceived:first` >= `never`), (`ItemShipped:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`ItemShipped:due` + {p13:Int64})),
            'pending',
            'missing'
        ) AS `ItemShipped:state`,
        (NOT `ComplianceCheckDone:holds`) AS `ComplianceCheckDone:skipped`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        multiIf(
            `ComplianceCheckDone:skipped`,
            'skipped',
            bitAnd(
                (`cancels_first` < `never`),
                bitAnd(
                    bitOr((`ComplianceCheckDone:first` >= `never`), (`ComplianceCheckDone:first` > `cancels_first`)),
                    (`ComplianceCheckDone:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`ComplianceCheckDone:first` < `never`), (`ComplianceCheckDone:first` <= `ComplianceCheckDone:due`)),
            'on_time',
            (`ComplianceCheckDone:first` < `never`),
            'late',
            bitAnd((`PaymentReceived:first` >= `never`), (`ComplianceCheckDone:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`ComplianceCheckDone:due` + {p13:Int64})),
            'pending',
            'missing'
        ) AS `ComplianceCheckDone:state`,
        if((`PaymentReceived:state` = 'missing'), (`PaymentReceived:due` + {p13:Int64}), `never`) AS `PaymentReceived:missing`,
        if((`PaymentReceived:state` = 'late'), `PaymentReceived:first`, `never`) AS `PaymentReceived:late`,
        if(
            bitAnd(`cancelled`, bitAnd((`PaymentReceived:first` < `never`), (`PaymentReceived:first` > `cancels_first`))),
            `PaymentReceived:first`,
            `never`
        ) AS `PaymentReceived:after_end`,
        if((`ItemShipped:state` = 'missing'), (`ItemShipped:due` + {p13:Int64}), `never`) AS `ItemShipped:missing`,
        if((`ItemShipped:state` = 'late'), `ItemShipped:first`, `never`) AS `ItemShipped:late`,
        if(
            bitAnd((`ItemShipped:first` < `never`), (`ItemShipped:state` != 'not_needed')),
            least(
                if((`ItemShipped:first` < `ItemShipped:last`), `ItemShipped:first`, `never`),
                if(
                    `ItemShipped:gap`,
                    if(({p0:Int64} > (`ItemShipped:first` + {p13:Int64})), (`ItemShipped:first` + {p13:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `ItemShipped:out_of_order`,
        if(
            bitAnd(`cancelled`, bitAnd((`ItemShipped:first` < `never`), (`ItemShipped:first` > `cancels_first`))),
            `ItemShipped:first`,
            `never`
        ) AS `ItemShipped:after_end`,
        if(
            bitAnd(
                bitAnd(`cancelled`, (NOT `ComplianceCheckDone:skipped`)),
                bitAnd((`ComplianceCheckDone:first` < `never`), (`ComplianceCheckDone:first` > `cancels_first`))
            ),
            `ComplianceCheckDone:first`,
            `never`
        ) AS `ComplianceCheckDone:after_end`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if((`ComplianceCheckDone:state` = 'missing'), (`ComplianceCheckDone:due` + {p13:Int64}), `never`) AS `ComplianceCheckDone:missing`,
        if((`ComplianceCheckDone:state` = 'late'), `ComplianceCheckDone:first`, `never`) AS `ComplianceCheckDone:late`,
        if(
            bitAnd(
                (`ComplianceCheckDone:first` < `never`),
                (NOT bitOr(`ComplianceCheckDone:skipped`, (`ComplianceCheckDone:state` = 'not_needed')))
            ),
            least(
                if((`ComplianceCheckDone:first` < `ComplianceCheckDone:last`), `ComplianceCheckDone:first`, `never`),
                if(
                    `ComplianceCheckDone:gap`,
                    if(({p0:Int64} > (`ComplianceCheckDone:first` + {p13:Int64})), (`ComplianceCheckDone:first` + {p13:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `ComplianceCheckDone:out_of_order`,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    if((`PaymentReceived:state` = 'pending'), (`PaymentReceived:due` + {p14:Int64}), `never`),
                    least(
                        if((`ItemShipped:state` = 'pending'), (`ItemShipped:due` + {p14:Int64}), `never`),
                        if(
                            bitAnd((`ItemShipped:state` != 'not_needed'), bitAnd((`ItemShipped:first` < `never`), `ItemShipped:gap`)),
                            if(({p0:Int64} <= (`ItemShipped:first` + {p13:Int64})), ((`ItemShipped:first` + {p13:Int64}) + {p15:Int64}), `never`),
                            `never`
                        )
                    ),
                    least(
                        if((`ComplianceCheckDone:state` = 'pending'), (`ComplianceCheckDone:due` + {p14:Int64}), `never`),
                        if(
                            bitAnd(
                                (NOT bitOr(`ComplianceCheckDone:skipped`, (`ComplianceCheckDone:state` = 'not_needed'))),
                                bitAnd((`ComplianceCheckDone:first` < `never`), `ComplianceCheckDone:gap`)
                            ),
                            if(
                                ({p0:Int64} <= (`ComplianceCheckDone:first` + {p13:Int64})),
                                ((`ComplianceCheckDone:first` + {p13:Int64}) + {p15:Int64}),
                                `never`
                            ),
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
        array(`PaymentReceived:state`, `ItemShipped:state`, `ComplianceCheckDone:state`) AS `step_states`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(`PaymentReceived:first`, `ItemShipped:first`, `ComplianceCheckDone:first`)
        ) AS `step_times`,
        arrayMap(
            `t` -> if((`t` < `never`), `t`, NULL),
            array(`PaymentReceived:due`, `ItemShipped:due`, `ComplianceCheckDone:due`)
        ) AS `step_dues`,
        emptyArrayInt64() AS `step_counts`,
        emptyArrayInt64() AS `step_needed`,
        emptyArrayUInt8() AS `undated`,
        if(
            (JSONType(`start:attributes`, {p16:String}) IN tuple('Int64', 'UInt64', 'Double')),
            JSONExtractFloat(`start:attributes`, {p16:String}),
            NULL
        ) AS `at_risk`,
        coalesce(
            if((JSONType(`start:attributes`, {p17:String}) = 'String'), JSONExtractString(`start:attributes`, {p17:String}), NULL),
            if(
                (JSONType(`start:attributes`, {p17:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p17:String}),
                NULL
            )
        ) AS `unit`,
        coalesce(
            if((JSONType(`start:attributes`, {p18:String}) = 'String'), JSONExtractString(`start:attributes`, {p18:String}), NULL),
            if(
                (JSONType(`start:attributes`, {p18:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p18:String}),
                NULL
            )
        ) AS `customer`,
        `stored`,
        `conflicts`,
        `doubts`,
        `last_event`,
        `last_event_at`,
        if((`cancels_first` < `never`), `cancels_first`, NULL) AS `ended_at`,
        multiIf(
            (`began` < `never`),
            multiIf(
                `cancelled`,
                'cancelled',
                bitOr(
                    (`PaymentReceived:state` = 'missing'),
                    bitOr((`ItemShipped:state` = 'missing'), (`ComplianceCheckDone:state` = 'missing'))
                ),
                'incomplete',
                bitAnd(
                    bitOr((`PaymentReceived:state` = 'on_time'), (`PaymentReceived:state` = 'late')),
                    bitAnd(
                        bitOr((`ItemShipped:state` = 'on_time'), (`ItemShipped:state` = 'late')),
                        bitOr(
                            bitOr((`ComplianceCheckDone:state` = 'on_time'), (`ComplianceCheckDone:state` = 'late')),
                            `ComplianceCheckDone:skipped`
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
                `PaymentReceived:missing`,
                `PaymentReceived:late`,
                `PaymentReceived:after_end`,
                `ItemShipped:missing`,
                `ItemShipped:late`,
                `ItemShipped:out_of_order`,
                `ItemShipped:after_end`,
                `ComplianceCheckDone:missing`,
                `ComplianceCheckDone:late`,
                `ComplianceCheckDone:out_of_order`,
                `ComplianceCheckDone:after_end`
            ) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `PaymentReceived:missing`),
                    tuple(0, 'late', `PaymentReceived:late`),
                    tuple(0, 'after_end', `PaymentReceived:after_end`),
                    tuple(1, 'missing', `ItemShipped:missing`),
                    tuple(1, 'late', `ItemShipped:late`),
                    tuple(1, 'out_of_order', `ItemShipped:out_of_order`),
                    tuple(1, 'after_end', `ItemShipped:after_end`),
                    tuple(2, 'missing', `ComplianceCheckDone:missing`),
                    tuple(2, 'late', `ComplianceCheckDone:late`),
                    tuple(2, 'out_of_order', `ComplianceCheckDone:out_of_order`),
                    tuple(2, 'after_end', `ComplianceCheckDone:after_end`)
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
                {p19:String},
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
-- p2 = 'OrderCancelled'
-- p3 = 'PaymentReceived'
-- p4 = 'ItemShipped'
-- p5 = 'ComplianceCheckDone'
-- p6 = 2305843009213693952
-- p7 = 900000000
-- p8 = 172800000000
-- p9 = 'country'
-- p10 = 'DE'
-- p11 = 'FR'
-- p12 = 86400000000
-- p13 = 120000000
-- p14 = 120000001
-- p15 = 1
-- p16 = 'amount'
-- p17 = 'currency'
-- p18 = 'customer_id'
-- p19 = '5eaae214e416ccc8'
