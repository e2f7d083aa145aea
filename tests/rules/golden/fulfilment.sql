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
        arrayUniq(groupArray(`identity`)) AS `stored`,
        arrayCount(
            `n` -> (`n` = 2),
            arrayEnumerateUniq(arrayMap(`e` -> tupleElement(`e`, 1), arrayDistinct(groupArray(tuple(`identity`, `content`)))))
        ) AS `conflicts`,
        maxIf(tuple(`micros`, `id`, `source`, toString(`name`)), `exists`) AS `last`,
        minOrNullIf(`micros`, (`micros` > {p0:Int64})) AS `next_event`,
        minOrNullIf(`micros`, `starts`) AS `start`,
        groupArrayIf(`micros`, `cancels`) AS `cancels_at`,
        minOrNullIf(`micros`, `PaymentReceived:is`) AS `PaymentReceived:at`,
        minOrNullIf(`micros`, `ItemShipped:is`) AS `ItemShipped:at`,
        minOrNullIf(`micros`, `ComplianceCheckDone:is`) AS `ComplianceCheckDone:at`,
        argMinIf(`attributes`, tuple(`micros`, `id`, `source`), `starts`) AS `start:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        arrayFirstOrNull(`t` -> (`t` >= ifNull(`start`, 0)), arraySort(`cancels_at`)) AS `cancelled_at`,
        (`start` + {p6:Int64}) AS `PaymentReceived:due`,
        isNotNull(`PaymentReceived:at`) AS `ItemShipped:base_is_owed_nothing`,
        isNull(`PaymentReceived:at`) AS `ItemShipped:gap`,
        (`PaymentReceived:at` + {p7:Int64}) AS `ItemShipped:due`,
        not(
            ifNull(
                ((if((JSONType(`start:attributes`, {p8:String}) = 'String'), JSONExtractString(`start:attributes`, {p8:String}), NULL) = {p9:String}) OR (if((JSONType(`start:attributes`, {p8:String}) = 'String'), JSONExtractString(`start:attributes`, {p8:String}), NULL) = {p10:String})),
                0
            )
        ) AS `ComplianceCheckDone:skipped`,
        isNotNull(`PaymentReceived:at`) AS `ComplianceCheckDone:base_is_owed_nothing`,
        isNull(`PaymentReceived:at`) AS `ComplianceCheckDone:gap`,
        (`PaymentReceived:at` + {p11:Int64}) AS `ComplianceCheckDone:due`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        (isNotNull(`cancelled_at`) AND (`cancelled_at` = `cancelled_at`)) AS `cancelled`,
        multiIf(
            (isNotNull(`cancelled_at`) AND not((isNotNull(`PaymentReceived:at`) AND (`PaymentReceived:at` <= `cancelled_at`))) AND (isNull(`PaymentReceived:due`) OR (`PaymentReceived:due` > `cancelled_at`))),
            'not_needed',
            (isNotNull(`PaymentReceived:at`) AND (isNull(`PaymentReceived:due`) OR (`PaymentReceived:at` <= `PaymentReceived:due`))),
            'on_time',
            isNotNull(`PaymentReceived:at`),
            'late',
            (isNull(`PaymentReceived:due`) OR ({p0:Int64} <= (`PaymentReceived:due` + {p12:Int64}))),
            'pending',
            'missing'
        ) AS `PaymentReceived:state`,
        multiIf(
            (isNotNull(`cancelled_at`) AND not((isNotNull(`ItemShipped:at`) AND (`ItemShipped:at` <= `cancelled_at`))) AND (isNull(`ItemShipped:due`) OR (`ItemShipped:due` > `cancelled_at`))),
            'not_needed',
            (isNotNull(`ItemShipped:at`) AND (isNull(`ItemShipped:due`) OR (`ItemShipped:at` <= `ItemShipped:due`))),
            'on_time',
            isNotNull(`ItemShipped:at`),
            'late',
            (isNull(`PaymentReceived:at`) AND isNull(`ItemShipped:due`)),
            'waiting',
            (isNull(`ItemShipped:due`) OR ({p0:Int64} <= (`ItemShipped:due` + {p12:Int64}))),
            'pending',
            'missing'
        ) AS `ItemShipped:state`,
        if(`ComplianceCheckDone:skipped`, `PaymentReceived:at`, `ComplianceCheckDone:at`) AS `ComplianceCheckDone:anchor`,
        multiIf(
            `ComplianceCheckDone:skipped`,
            'skipped',
            (isNotNull(`cancelled_at`) AND not((isNotNull(`ComplianceCheckDone:at`) AND (`ComplianceCheckDone:at` <= `cancelled_at`))) AND (isNull(`ComplianceCheckDone:due`) OR (`ComplianceCheckDone:due` > `cancelled_at`))),
            'not_needed',
            (isNotNull(`ComplianceCheckDone:at`) AND (isNull(`ComplianceCheckDone:due`) OR (`ComplianceCheckDone:at` <= `ComplianceCheckDone:due`))),
            'on_time',
            isNotNull(`ComplianceCheckDone:at`),
            'late',
            (isNull(`PaymentReceived:at`) AND isNull(`ComplianceCheckDone:due`)),
            'waiting',
            (isNull(`ComplianceCheckDone:due`) OR ({p0:Int64} <= (`ComplianceCheckDone:due` + {p12:Int64}))),
            'pending',
            'missing'
        ) AS `ComplianceCheckDone:state`
    FROM `layer_1`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        `start`,
        multiIf(
            `cancelled`,
            'cancelled',
            ((`PaymentReceived:state` = 'missing') OR (`ItemShipped:state` = 'missing') OR (`ComplianceCheckDone:state` = 'missing')),
            'incomplete',
            (((`PaymentReceived:state` = 'on_time') OR (`PaymentReceived:state` = 'late')) AND ((`ItemShipped:state` = 'on_time') OR (`ItemShipped:state` = 'late')) AND (((`ComplianceCheckDone:state` = 'on_time') OR (`ComplianceCheckDone:state` = 'late')) OR `ComplianceCheckDone:skipped`)),
            'complete',
            'running'
        ) AS `state`,
        array(`PaymentReceived:state`, `ItemShipped:state`, `ComplianceCheckDone:state`) AS `step_states`,
        array(`PaymentReceived:at`, `ItemShipped:at`, `ComplianceCheckDone:at`) AS `step_times`,
        array(
            CAST(`PaymentReceived:due`, 'Nullable(Int64)'),
            CAST(`ItemShipped:due`, 'Nullable(Int64)'),
            CAST(`ComplianceCheckDone:due`, 'Nullable(Int64)')
        ) AS `step_dues`,
        arrayFilter(
            `f` -> isNotNull(tupleElement(`f`, 3)),
            array(
                tuple(
                    0,
                    'missing',
                    CAST(if((`PaymentReceived:state` = 'missing'), (`PaymentReceived:due` + {p12:Int64}), NULL), 'Nullable(Int64)')
                ),
                tuple(0, 'late', CAST(if((`PaymentReceived:state` = 'late'), `PaymentReceived:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    0,
                    'after_end',
                    CAST(if((`cancelled` AND (`PaymentReceived:at` > `cancelled_at`)), `PaymentReceived:at`, NULL), 'Nullable(Int64)')
                ),
                tuple(
                    1,
                    'missing',
                    CAST(if((`ItemShipped:state` = 'missing'), (`ItemShipped:due` + {p12:Int64}), NULL), 'Nullable(Int64)')
                ),
                tuple(1, 'late', CAST(if((`ItemShipped:state` = 'late'), `ItemShipped:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    1,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`ItemShipped:at`) AND not((`ItemShipped:state` = 'not_needed'))),
                            if(
                                ifNull((`ItemShipped:at` < `PaymentReceived:at`), 0),
                                `ItemShipped:at`,
                                if((`ItemShipped:gap` AND ({p0:Int64} > (`ItemShipped:at` + {p12:Int64}))), (`ItemShipped:at` + {p12:Int64}), NULL)
                            ),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                ),
                tuple(
                    1,
                    'after_end',
                    CAST(if((`cancelled` AND (`ItemShipped:at` > `cancelled_at`)), `ItemShipped:at`, NULL), 'Nullable(Int64)')
                ),
                tuple(
                    2,
                    'missing',
                    CAST(
                        if((`ComplianceCheckDone:state` = 'missing'), (`ComplianceCheckDone:due` + {p12:Int64}), NULL),
                        'Nullable(Int64)'
                    )
                ),
                tuple(2, 'late', CAST(if((`ComplianceCheckDone:state` = 'late'), `ComplianceCheckDone:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    2,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`ComplianceCheckDone:at`) AND not(`ComplianceCheckDone:skipped`) AND not((`ComplianceCheckDone:state` = 'not_needed'))),
                            if(
                                ifNull((`ComplianceCheckDone:at` < `PaymentReceived:at`), 0),
                                `ComplianceCheckDone:at`,
                                if(
                                    (`ComplianceCheckDone:gap` AND ({p0:Int64} > (`ComplianceCheckDone:at` + {p12:Int64}))),
                                    (`ComplianceCheckDone:at` + {p12:Int64}),
                                    NULL
                                )
                            ),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                ),
                tuple(
                    2,
                    'after_end',
                    CAST(
                        if(
                            (`cancelled` AND not(`ComplianceCheckDone:skipped`) AND (`ComplianceCheckDone:at` > `cancelled_at`)),
                            `ComplianceCheckDone:at`,
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                )
            )
        ) AS `findings`,
        emptyArrayUInt8() AS `undated`,
        if(
            (JSONType(`start:attributes`, {p13:String}) IN tuple('Int64', 'UInt64', 'Double')),
            JSONExtractFloat(`start:attributes`, {p13:String}),
            NULL
        ) AS `at_risk`,
        coalesce(
            if((JSONType(`start:attributes`, {p14:String}) = 'String'), JSONExtractString(`start:attributes`, {p14:String}), NULL),
            if(
                (JSONType(`start:attributes`, {p14:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p14:String}),
                NULL
            )
        ) AS `unit`,
        coalesce(
            if((JSONType(`start:attributes`, {p15:String}) = 'String'), JSONExtractString(`start:attributes`, {p15:String}), NULL),
            if(
                (JSONType(`start:attributes`, {p15:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p15:String}),
                NULL
            )
        ) AS `customer`,
        `stored`,
        `conflicts`,
        tupleElement(`last`, 4) AS `last_event`,
        tupleElement(`last`, 1) AS `last_event_at`,
        if(
            isNotNull(`start`),
            least(
                `next_event`,
                if(
                    ((`PaymentReceived:state` = 'pending') AND isNotNull(`PaymentReceived:due`)),
                    (`PaymentReceived:due` + {p16:Int64}),
                    NULL
                ),
                least(
                    if(((`ItemShipped:state` = 'pending') AND isNotNull(`ItemShipped:due`)), (`ItemShipped:due` + {p16:Int64}), NULL),
                    if(
                        ((isNotNull(`ItemShipped:at`) AND not((`ItemShipped:state` = 'not_needed'))) AND `ItemShipped:gap` AND ({p0:Int64} <= (`ItemShipped:at` + {p12:Int64}))),
                        ((`ItemShipped:at` + {p12:Int64}) + {p17:Int64}),
                        NULL
                    )
                ),
                least(
                    if(
                        ((`ComplianceCheckDone:state` = 'pending') AND isNotNull(`ComplianceCheckDone:due`)),
                        (`ComplianceCheckDone:due` + {p16:Int64}),
                        NULL
                    ),
                    if(
                        ((isNotNull(`ComplianceCheckDone:at`) AND not(`ComplianceCheckDone:skipped`) AND not((`ComplianceCheckDone:state` = 'not_needed'))) AND `ComplianceCheckDone:gap` AND ({p0:Int64} <= (`ComplianceCheckDone:at` + {p12:Int64}))),
                        ((`ComplianceCheckDone:at` + {p12:Int64}) + {p17:Int64}),
                        NULL
                    )
                )
            ),
            `next_event`
        ) AS `wake_at`,
        CAST(`cancelled_at`, 'Nullable(Int64)') AS `ended_at`
    FROM `layer_2`
),

`digested` AS
(
    SELECT
        *,
        if(
            isNotNull(`start`),
            cityHash64(
                {p18:String},
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
-- p1 = 'OrderPlaced'
-- p2 = 'OrderCancelled'
-- p3 = 'PaymentReceived'
-- p4 = 'ItemShipped'
-- p5 = 'ComplianceCheckDone'
-- p6 = 900000000
-- p7 = 172800000000
-- p8 = 'country'
-- p9 = 'DE'
-- p10 = 'FR'
-- p11 = 86400000000
-- p12 = 120000000
-- p13 = 'amount'
-- p14 = 'currency'
-- p15 = 'customer_id'
-- p16 = 120000001
-- p17 = 1
-- p18 = '731573344c34c728'
