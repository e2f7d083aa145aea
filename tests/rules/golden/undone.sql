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
        ((`micros` <= {p0:Int64}) AND (`name` = {p3:String})) AS `FlightBooked:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p4:String})) AS `FlightBooked:fails`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p5:String})) AS `FlightBooked:undoes`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p6:String})) AS `HotelBooked:is`,
        ((`micros` <= {p0:Int64}) AND ((`name` = {p7:String}) AND ifNull(
            (if((JSONType(`attributes`, {p8:String}) = 'String'), JSONExtractString(`attributes`, {p8:String}), NULL) = {p9:String}),
            0
        ))) AS `HotelBooked:fails`,
        ((`micros` <= {p0:Int64}) AND ((`name` = {p10:String}) OR (`name` = {p11:String}))) AS `HotelBooked:undoes`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p12:String})) AS `GuideBooked:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p13:String})) AS `GuideBooked:undoes`
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
            concat(reverse(reinterpretAsFixedString((`micros` + {p14:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        groupArrayIf(`micros`, `cancels`) AS `cancels_at`,
        min(if(`FlightBooked:is`, `micros`, `never`)) AS `FlightBooked:first`,
        groupArrayIf(`micros`, `FlightBooked:fails`) AS `FlightBooked:fails_at`,
        groupArrayIf(`micros`, `FlightBooked:undoes`) AS `FlightBooked:undoes_at`,
        min(if(`HotelBooked:is`, `micros`, `never`)) AS `HotelBooked:first`,
        groupArrayIf(`micros`, `HotelBooked:fails`) AS `HotelBooked:fails_at`,
        groupArrayIf(`micros`, `HotelBooked:undoes`) AS `HotelBooked:undoes_at`,
        min(if(`GuideBooked:is`, `micros`, `never`)) AS `GuideBooked:first`,
        groupArrayIf(`micros`, `GuideBooked:undoes`) AS `GuideBooked:undoes_at`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`cancels_at`, `never`)) AS `cancels_first`,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`FlightBooked:fails_at`, `never`)) AS `FlightBooked:failed_at`,
        (`began` + {p15:Int64}) AS `FlightBooked:due`,
        arrayMin(`t` -> if((`t` >= `began`), `t`, `never`), arrayPushBack(`HotelBooked:fails_at`, `never`)) AS `HotelBooked:failed_at`,
        (`began` + {p15:Int64}) AS `HotelBooked:due`,
        least(`FlightBooked:first`, `HotelBooked:first`) AS `GuideBooked:base`,
        if(
            (least(`FlightBooked:first`, `HotelBooked:first`) < `never`),
            least(`FlightBooked:first`, `HotelBooked:first`),
            `long_ago`
        ) AS `GuideBooked:last`,
        if(
            (`FlightBooked:first` < `never`),
            greatest(
                `FlightBooked:first`,
                arrayMin(
                    `t` -> if((`t` >= (`FlightBooked:first` + {p16:Int64})), `t`, `never`),
                    arrayPushBack(`FlightBooked:undoes_at`, `never`)
                )
            ),
            `never`
        ) AS `FlightBooked:undone`,
        if(
            (`HotelBooked:first` < `never`),
            greatest(
                `HotelBooked:first`,
                arrayMin(
                    `t` -> if((`t` >= (`HotelBooked:first` + {p16:Int64})), `t`, `never`),
                    arrayPushBack(`HotelBooked:undoes_at`, `never`)
                )
            ),
            `never`
        ) AS `HotelBooked:undone`,
        if(
            (`GuideBooked:first` < `never`),
            greatest(
                `GuideBooked:first`,
                arrayMin(
                    `t` -> if((`t` >= (`GuideBooked:first` + {p16:Int64})), `t`, `never`),
                    arrayPushBack(`GuideBooked:undoes_at`, `never`)
                )
            ),
            `never`
        ) AS `GuideBooked:undone`
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
                    bitOr((`FlightBooked:first` >= `never`), (`FlightBooked:first` > `cancels_first`)),
                    (`FlightBooked:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`FlightBooked:first` < `never`), (`FlightBooked:first` <= `FlightBooked:due`)),
            'on_time',
            (`FlightBooked:first` < `never`),
            'late',
            (`FlightBooked:failed_at` < `never`),
            'failed',
            ({p0:Int64} <= (`FlightBooked:due` + {p17:Int64})),
            'pending',
            'missing'
        ) AS `FlightBooked:state`,
        multiIf(
            bitAnd(
                (`cancels_first` < `never`),
                bitAnd(
                    bitOr((`HotelBooked:first` >= `never`), (`HotelBooked:first` > `cancels_first`)),
                    (`HotelBooked:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`HotelBooked:first` < `never`), (`HotelBooked:first` <= `HotelBooked:due`)),
            'on_time',
            (`HotelBooked:first` < `never`),
            'late',
            (`HotelBooked:failed_at` < `never`),
            'failed',
            ({p0:Int64} <= (`HotelBooked:due` + {p17:Int64})),
            'pending',
            'missing'
        ) AS `HotelBooked:state`,
        (`GuideBooked:last` = `long_ago`) AS `GuideBooked:gap`,
        (`GuideBooked:base` + {p18:Int64}) AS `GuideBooked:due`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        multiIf(
            bitAnd(
                (`cancels_first` < `never`),
                bitAnd(
                    bitOr((`GuideBooked:first` >= `never`), (`GuideBooked:first` > `cancels_first`)),
                    (`GuideBooked:due` > `cancels_first`)
                )
            ),
            'not_needed',
            bitAnd((`GuideBooked:first` < `never`), (`GuideBooked:first` <= `GuideBooked:due`)),
            'on_time',
            (`GuideBooked:first` < `never`),
            'late',
            bitAnd((least(`FlightBooked:first`, `HotelBooked:first`) >= `never`), (`GuideBooked:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= (`GuideBooked:due` + {p17:Int64})),
            'pending',
            'missing'
        ) AS `GuideBooked:state`,
        least(
            if(`cancelled`, `cancels_first`, `never`),
            if((`FlightBooked:state` = 'failed'), `FlightBooked:failed_at`, `never`),
            if((`HotelBooked:state` = 'failed'), `HotelBooked:failed_at`, `never`)
        ) AS `called_off`,
        if((`FlightBooked:state` = 'missing'), (`FlightBooked:due` + {p17:Int64}), `never`) AS `FlightBooked:missing`,
        if((`FlightBooked:state` = 'late'), `FlightBooked:first`, `never`) AS `FlightBooked:late`,
        if((`FlightBooked:state` = 'failed'), `FlightBooked:failed_at`, `never`) AS `FlightBooked:failed`,
        if(
            bitAnd(
                bitAnd(`cancelled`, (`FlightBooked:first` < `never`)),
                bitAnd((`FlightBooked:first` > (`cancels_first` + {p19:Int64})), (`FlightBooked:undone` >= `never`))
            ),
            `FlightBooked:first`,
            `never`
        ) AS `FlightBooked:after_end`,
        if((`HotelBooked:state` = 'missing'), (`HotelBooked:due` + {p17:Int64}), `never`) AS `HotelBooked:missing`,
        if((`HotelBooked:state` = 'late'), `HotelBooked:first`, `never`) AS `HotelBooked:late`,
        if((`HotelBooked:state` = 'failed'), `HotelBooked:failed_at`, `never`) AS `HotelBooked:failed`,
        if(
            bitAnd(
                bitAnd(`cancelled`, (`HotelBooked:first` < `never`)),
                bitAnd((`HotelBooked:first` > (`cancels_first` + {p19:Int64})), (`HotelBooked:undone` >= `never`))
            ),
            `HotelBooked:first`,
            `never`
        ) AS `HotelBooked:after_end`,
        if(
            bitAnd(
                bitAnd(`cancelled`, (`GuideBooked:first` < `never`)),
                bitAnd((`GuideBooked:first` > (`cancels_first` + {p19:Int64})), (`GuideBooked:undone` >= `never`))
            ),
            `GuideBooked:first`,
            `never`
        ) AS `GuideBooked:after_end`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if(
            bitAnd((`FlightBooked:first` < `never`), bitAnd((`called_off` < `never`), (`FlightBooked:undone` >= `never`))),
            (greatest(`FlightBooked:first`, `called_off`) + {p20:Int64}),
            `never`
        ) AS `FlightBooked:undo_ends`,
        if(
            bitAnd((`HotelBooked:first` < `never`), bitAnd((`called_off` < `never`), (`HotelBooked:undone` >= `never`))),
            (greatest(`HotelBooked:first`, `called_off`) + {p21:Int64}),
            `never`
        ) AS `HotelBooked:undo_ends`,
        if((`GuideBooked:state` = 'missing'), (`GuideBooked:due` + {p17:Int64}), `never`) AS `GuideBooked:missing`,
        if((`GuideBooked:state` = 'late'), `GuideBooked:first`, `never`) AS `GuideBooked:late`,
        if(
            bitAnd((`GuideBooked:first` < `never`), (`GuideBooked:state` != 'not_needed')),
            least(
                if((`GuideBooked:first` < (`GuideBooked:last` + {p16:Int64})), `GuideBooked:first`, `never`),
                if(
                    `GuideBooked:gap`,
                    if(({p0:Int64} > (`GuideBooked:first` + {p17:Int64})), (`GuideBooked:first` + {p17:Int64}), `never`),
                    `never`
                )
            ),
            `never`
        ) AS `GuideBooked:out_of_order`
    FROM `layer_3`
),

`layer_5` AS
(
    SELECT
        *,
        if(({p0:Int64} > `FlightBooked:undo_ends`), `FlightBooked:undo_ends`, `never`) AS `FlightBooked:not_undone`,
        if(({p0:Int64} > `HotelBooked:undo_ends`), `HotelBooked:undo_ends`, `never`) AS `HotelBooked:not_undone`,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    least(
                        if((`FlightBooked:state` = 'pending'), (`FlightBooked:due` + {p22:Int64}), `never`),
                        if(({p0:Int64} <= `FlightBooked:undo_ends`), (`FlightBooked:undo_ends` + {p23:Int64}), `never`)
                    ),
                    least(
                        if((`HotelBooked:state` = 'pending'), (`HotelBooked:due` + {p22:Int64}), `never`),
                        if(({p0:Int64} <= `HotelBooked:undo_ends`), (`HotelBooked:undo_ends` + {p23:Int64}), `never`)
                    ),
                    least(
                        if((`GuideBooked:state` = 'pending'), (`GuideBooked:due` + {p22:Int64}), `never`),
                        if(
                            bitAnd((`GuideBooked:state` != 'not_needed'), bitAnd((`GuideBooked:first` < `never`), `GuideBooked:gap`)),
                            if(({p0:Int64} <= (`GuideBooked:first` + {p17:Int64})), ((`GuideBooked:first` + {p17:Int64}) + {p23:Int64}), `never`),
                            `never`
                        )
                    )
                ),
                `never`
            )
        ) AS `wakes`
    FROM `layer_4`
),

`layer_6` AS
(
    SELECT
        *,
        greatest(
            least(`FlightBooked:undone`, `HotelBooked:undone`, `GuideBooked:undone`),
            least(`FlightBooked:not_undone`, `HotelBooked:not_undone`)
        ) AS `half_undone`
    FROM `layer_5`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        if((`began` < `never`), `began`, NULL) AS `start`,
        array(`FlightBooked:state`, `HotelBooked:state`, `GuideBooked:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`FlightBooked:first`, `HotelBooked:first`, `GuideBooked:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`FlightBooked:due`, `HotelBooked:due`, `GuideBooked:due`)) AS `step_dues`,
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
        if((`cancels_first` < `never`), `cancels_first`, NULL) AS `ended_at`,
        multiIf(
            (`began` < `never`),
            multiIf(
                `cancelled`,
                'cancelled',
                bitOr((`FlightBooked:state` = 'missing'), bitOr((`HotelBooked:state` = 'missing'), (`GuideBooked:state` = 'missing'))),
                'incomplete',
                bitOr((`FlightBooked:state` = 'failed'), (`HotelBooked:state` = 'failed')),
                'failed',
                bitAnd(
                    bitOr((`FlightBooked:state` = 'on_time'), (`FlightBooked:state` = 'late')),
                    bitAnd(
                        bitOr((`HotelBooked:state` = 'on_time'), (`HotelBooked:state` = 'late')),
                        bitOr((`GuideBooked:state` = 'on_time'), (`GuideBooked:state` = 'late'))
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
                `FlightBooked:missing`,
                `FlightBooked:late`,
                `FlightBooked:failed`,
                `FlightBooked:after_end`,
                `FlightBooked:not_undone`,
                `HotelBooked:missing`,
                `HotelBooked:late`,
                `HotelBooked:failed`,
                `HotelBooked:after_end`,
                `HotelBooked:not_undone`,
                `GuideBooked:missing`,
                `GuideBooked:late`,
                `GuideBooked:out_of_order`,
                `GuideBooked:after_end`,
                `half_undone`
            ) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `FlightBooked:missing`),
                    tuple(0, 'late', `FlightBooked:late`),
                    tuple(0, 'failed', `FlightBooked:failed`),
                    tuple(0, 'after_end', `FlightBooked:after_end`),
                    tuple(0, 'not_undone', `FlightBooked:not_undone`),
                    tuple(1, 'missing', `HotelBooked:missing`),
                    tuple(1, 'late', `HotelBooked:late`),
                    tuple(1, 'failed', `HotelBooked:failed`),
                    tuple(1, 'after_end', `HotelBooked:after_end`),
                    tuple(1, 'not_undone', `HotelBooked:not_undone`),
                    tuple(2, 'missing', `GuideBooked:missing`),
                    tuple(2, 'late', `GuideBooked:late`),
                    tuple(2, 'out_of_order', `GuideBooked:out_of_order`),
                    tuple(2, 'after_end', `GuideBooked:after_end`),
                    tuple(3, 'half_undone', `half_undone`)
                )
            ),
            CAST(array(), 'Array(Tuple(UInt16, String, Int64))')
        ) AS `findings`,
        if((`wakes` < `never`), `wakes`, NULL) AS `wake_at`,
        emptyArrayInt64() AS `held`,
        1 AS `ours`
    FROM `layer_6`
),

`digested` AS
(
    SELECT
        *,
        if(
            notIn(`state`, tuple('', 'outdated')),
            cityHash64(
                {p24:String},
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
-- p1 = 'TripRequested'
-- p2 = 'TripCancelled'
-- p3 = 'FlightBooked'
-- p4 = 'FlightSoldOut'
-- p5 = 'FlightCancelled'
-- p6 = 'HotelBooked'
-- p7 = 'HotelAnswered'
-- p8 = 'status'
-- p9 = 'refused'
-- p10 = 'HotelCancelled'
-- p11 = 'HotelRefunded'
-- p12 = 'GuideBooked'
-- p13 = 'GuideCancelled'
-- p14 = 2305843009213693952
-- p15 = 600000000
-- p16 = -10000000
-- p17 = 60000000
-- p18 = 86400000000
-- p19 = 10000000
-- p20 = 3660000000
-- p21 = 7260000000
-- p22 = 60000001
-- p23 = 1
-- p24 = 'bfcf8cc10fe8a1fa'
