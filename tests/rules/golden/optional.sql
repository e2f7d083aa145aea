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
        arrayUniq(groupArray(`identity`)) AS `stored`,
        arrayCount(
            `n` -> (`n` = 2),
            arrayEnumerateUniq(arrayMap(`e` -> tupleElement(`e`, 1), arrayDistinct(groupArray(tuple(`identity`, `content`)))))
        ) AS `conflicts`,
        maxIf(tuple(`micros`, `id`, `source`, toString(`name`)), `exists`) AS `last`,
        minOrNullIf(`micros`, (`micros` > {p0:Int64})) AS `next_event`,
        minOrNullIf(`micros`, `starts`) AS `start`,
        groupArrayIf(`micros`, `ends`) AS `ends_at`,
        minOrNullIf(`micros`, `WrapAsked:is`) AS `WrapAsked:at`,
        minOrNullIf(`micros`, `Wrapped:is`) AS `Wrapped:at`,
        minOrNullIf(`micros`, `Picked:is`) AS `Picked:at`,
        minOrNullIf(`micros`, `Shipped:is`) AS `Shipped:at`,
        minOrNullIf(`micros`, `Told:is`) AS `Told:at`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayFirstOrNull(`t` -> (`t` >= ifNull(`start`, 0)), arraySort(`ends_at`)) AS `ended_at`,
        (`start` + {p9:Int64}) AS `WrapAsked:due`,
        isNull(`WrapAsked:at`) AS `Wrapped:waits_softly`,
        isNull(`WrapAsked:at`) AS `Wrapped:waits_on_optional`,
        least((`WrapAsked:at` + {p10:Int64}), (`start` + {p9:Int64})) AS `Wrapped:due`,
        least((`start` + {p11:Int64}), (`start` + {p9:Int64})) AS `Picked:due`,
        if((isNull(`Wrapped:at`) OR isNull(`Picked:at`)), NULL, greatest(`Wrapped:at`, `Picked:at`)) AS `Shipped:base`,
        greatest(`Wrapped:at`, `Picked:at`) AS `Shipped:last`,
        least(`Picked:at`, `Shipped:at`) AS `Told:base`,
        least(`Picked:at`, `Shipped:at`) AS `Told:last`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            (isNotNull(`ended_at`) AND not((isNotNull(`WrapAsked:at`) AND (`WrapAsked:at` <= `ended_at`))) AND (isNull(`WrapAsked:due`) OR (`WrapAsked:due` > `ended_at`))),
            'not_needed',
            (isNotNull(`WrapAsked:at`) AND (isNull(`WrapAsked:due`) OR (`WrapAsked:at` <= `WrapAsked:due`))),
            'on_time',
            isNotNull(`WrapAsked:at`),
            'late',
            'pending'
        ) AS `WrapAsked:state`,
        multiIf(
            (isNotNull(`ended_at`) AND not((isNotNull(`Wrapped:at`) AND (`Wrapped:at` <= `ended_at`))) AND (isNull(`Wrapped:due`) OR (`Wrapped:due` > `ended_at`))),
            'not_needed',
            (isNotNull(`Wrapped:at`) AND (isNull(`Wrapped:due`) OR (`Wrapped:at` <= `Wrapped:due`))),
            'on_time',
            isNotNull(`Wrapped:at`),
            'late',
            (`Wrapped:waits_softly` OR (isNull(`WrapAsked:at`) AND isNull(`Wrapped:due`))),
            'waiting',
            (isNull(`Wrapped:due`) OR ({p0:Int64} <= `Wrapped:due`)),
            'pending',
            'missing'
        ) AS `Wrapped:state`,
        multiIf(
            (isNotNull(`ended_at`) AND not((isNotNull(`Picked:at`) AND (`Picked:at` <= `ended_at`))) AND (isNull(`Picked:due`) OR (`Picked:due` > `ended_at`))),
            'not_needed',
            (isNotNull(`Picked:at`) AND (isNull(`Picked:due`) OR (`Picked:at` <= `Picked:due`))),
            'on_time',
            isNotNull(`Picked:at`),
            'late',
            (isNull(`Picked:due`) OR ({p0:Int64} <= `Picked:due`)),
            'pending',
            'missing'
        ) AS `Picked:state`,
        (isNull(`Shipped:base`) AND (isNotNull(`Wrapped:at`) OR `Wrapped:waits_softly`) AND isNotNull(`Picked:at`)) AS `Shipped:waits_softly`,
        (isNotNull(`Shipped:base`) OR ((isNotNull(`Wrapped:at`) OR `Wrapped:waits_on_optional`) AND isNotNull(`Picked:at`))) AS `Shipped:base_is_owed_nothing`,
        ((isNull(`Wrapped:at`) AND not(`Wrapped:waits_on_optional`)) OR isNull(`Picked:at`)) AS `Shipped:gap`,
        least((`Shipped:base` + {p11:Int64}), (`start` + {p9:Int64})) AS `Shipped:due`,
        isNotNull(`Told:base`) AS `Told:base_is_owed_nothing`,
        isNull(`Told:last`) AS `Told:gap`,
        least((`Told:base` + {p12:Int64}), (`start` + {p9:Int64})) AS `Told:due`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        (isNull(`Shipped:base`) AND `Shipped:base_is_owed_nothing`) AS `Shipped:waits_on_optional`,
        multiIf(
            (isNotNull(`ended_at`) AND not((isNotNull(`Shipped:at`) AND (`Shipped:at` <= `ended_at`))) AND (isNull(`Shipped:due`) OR (`Shipped:due` > `ended_at`))),
            'not_needed',
            (isNotNull(`Shipped:at`) AND (isNull(`Shipped:due`) OR (`Shipped:at` <= `Shipped:due`))),
            'on_time',
            isNotNull(`Shipped:at`),
            'late',
            (`Shipped:waits_softly` OR (isNull(`Shipped:base`) AND isNull(`Shipped:due`))),
            'waiting',
            (isNull(`Shipped:due`) OR ({p0:Int64} <= `Shipped:due`)),
            'pending',
            'missing'
        ) AS `Shipped:state`,
        (isNull(`Told:base`) AND `Told:base_is_owed_nothing`) AS `Told:waits_on_optional`,
        multiIf(
            (isNotNull(`ended_at`) AND not((isNotNull(`Told:at`) AND (`Told:at` <= `ended_at`))) AND (isNull(`Told:due`) OR (`Told:due` > `ended_at`))),
            'not_needed',
            (isNotNull(`Told:at`) AND (isNull(`Told:due`) OR (`Told:at` <= `Told:due`))),
            'on_time',
            isNotNull(`Told:at`),
            'late',
            (isNull(`Told:base`) AND isNull(`Told:due`)),
            'waiting',
            (isNull(`Told:due`) OR ({p0:Int64} <= `Told:due`)),
            'pending',
            'missing'
        ) AS `Told:state`
    FROM `layer_2`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        `start`,
        multiIf(
            ((`WrapAsked:state` = 'missing') OR (`Wrapped:state` = 'missing') OR (`Picked:state` = 'missing') OR (`Shipped:state` = 'missing') OR (`Told:state` = 'missing')),
            'incomplete',
            (isNotNull(`ended_at`) OR ((((`WrapAsked:state` = 'on_time') OR (`WrapAsked:state` = 'late')) OR isNull(`WrapAsked:at`)) AND (((`Wrapped:state` = 'on_time') OR (`Wrapped:state` = 'late')) OR ((`Wrapped:state` = 'waiting') AND `Wrapped:waits_on_optional`)) AND ((`Picked:state` = 'on_time') OR (`Picked:state` = 'late')) AND (((`Shipped:state` = 'on_time') OR (`Shipped:state` = 'late')) OR ((`Shipped:state` = 'waiting') AND `Shipped:waits_on_optional`)) AND (((`Told:state` = 'on_time') OR (`Told:state` = 'late')) OR ((`Told:state` = 'waiting') AND `Told:waits_on_optional`)))),
            'complete',
            'running'
        ) AS `state`,
        array(`WrapAsked:state`, `Wrapped:state`, `Picked:state`, `Shipped:state`, `Told:state`) AS `step_states`,
        array(`WrapAsked:at`, `Wrapped:at`, `Picked:at`, `Shipped:at`, `Told:at`) AS `step_times`,
        array(
            CAST(`WrapAsked:due`, 'Nullable(Int64)'),
            CAST(`Wrapped:due`, 'Nullable(Int64)'),
            CAST(`Picked:due`, 'Nullable(Int64)'),
            CAST(`Shipped:due`, 'Nullable(Int64)'),
            CAST(`Told:due`, 'Nullable(Int64)')
        ) AS `step_dues`,
        arrayFilter(
            `f` -> isNotNull(tupleElement(`f`, 3)),
            array(
                tuple(0, 'missing', CAST(if((`WrapAsked:state` = 'missing'), `WrapAsked:due`, NULL), 'Nullable(Int64)')),
                tuple(0, 'late', CAST(if((`WrapAsked:state` = 'late'), `WrapAsked:at`, NULL), 'Nullable(Int64)')),
                tuple(1, 'missing', CAST(if((`Wrapped:state` = 'missing'), `Wrapped:due`, NULL), 'Nullable(Int64)')),
                tuple(1, 'late', CAST(if((`Wrapped:state` = 'late'), `Wrapped:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    1,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`Wrapped:at`) AND not((`Wrapped:state` = 'not_needed'))),
                            if(ifNull((`Wrapped:at` < (`WrapAsked:at` + {p13:Int64})), 0), `Wrapped:at`, NULL),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                ),
                tuple(2, 'missing', CAST(if((`Picked:state` = 'missing'), `Picked:due`, NULL), 'Nullable(Int64)')),
                tuple(2, 'late', CAST(if((`Picked:state` = 'late'), `Picked:at`, NULL), 'Nullable(Int64)')),
                tuple(3, 'missing', CAST(if((`Shipped:state` = 'missing'), `Shipped:due`, NULL), 'Nullable(Int64)')),
                tuple(3, 'late', CAST(if((`Shipped:state` = 'late'), `Shipped:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    3,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`Shipped:at`) AND not((`Shipped:state` = 'not_needed'))),
                            if(
                                ifNull((`Shipped:at` < (`Shipped:last` + {p13:Int64})), 0),
                                `Shipped:at`,
                                if((`Shipped:gap` AND ({p0:Int64} > `Shipped:at`)), `Shipped:at`, NULL)
                            ),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                ),
                tuple(4, 'missing', CAST(if((`Told:state` = 'missing'), `Told:due`, NULL), 'Nullable(Int64)')),
                tuple(4, 'late', CAST(if((`Told:state` = 'late'), `Told:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    4,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`Told:at`) AND not((`Told:state` = 'not_needed'))),
                            if(
                                ifNull((`Told:at` < (`Told:last` + {p13:Int64})), 0),
                                `Told:at`,
                                if((`Told:gap` AND ({p0:Int64} > `Told:at`)), `Told:at`, NULL)
                            ),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                )
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
                if(((`Wrapped:state` = 'pending') AND isNotNull(`Wrapped:due`)), (`Wrapped:due` + {p14:Int64}), NULL),
                if(((`Picked:state` = 'pending') AND isNotNull(`Picked:due`)), (`Picked:due` + {p14:Int64}), NULL),
                least(
                    if(((`Shipped:state` = 'pending') AND isNotNull(`Shipped:due`)), (`Shipped:due` + {p14:Int64}), NULL),
                    if(
                        ((isNotNull(`Shipped:at`) AND not((`Shipped:state` = 'not_needed'))) AND `Shipped:gap` AND ({p0:Int64} <= `Shipped:at`)),
                        (`Shipped:at` + {p14:Int64}),
                        NULL
                    )
                ),
                least(
                    if(((`Told:state` = 'pending') AND isNotNull(`Told:due`)), (`Told:due` + {p14:Int64}), NULL),
                    if(
                        ((isNotNull(`Told:at`) AND not((`Told:state` = 'not_needed'))) AND `Told:gap` AND ({p0:Int64} <= `Told:at`)),
                        (`Told:at` + {p14:Int64}),
                        NULL
                    )
                )
            ),
            `next_event`
        ) AS `wake_at`,
        CAST(`ended_at`, 'Nullable(Int64)') AS `ended_at`
    FROM `layer_3`
),

`digested` AS
(
    SELECT
        *,
        if(
            isNotNull(`start`),
            cityHash64(
                {p15:String},
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
-- p1 = 'Ordered'
-- p2 = 'Delivered'
-- p3 = 'final'
-- p4 = 'WrapAsked'
-- p5 = 'Wrapped'
-- p6 = 'Picked'
-- p7 = 'Shipped'
-- p8 = 'Told'
-- p9 = 864000000000
-- p10 = 86400000000
-- p11 = 172800000000
-- p12 = 259200000000
-- p13 = -1000000
-- p14 = 1
-- p15 = 'f94f0f0d972430af'
