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
        ((`micros` <= {p0:Int64}) AND ((`name` = {p1:String}) OR ((`name` = {p2:String}) AND ifNull(
            ((if((JSONType(`attributes`, {p3:String}) = 'Bool'), JSONExtractBool(`attributes`, {p3:String}), NULL) != 1) AND (coalesce(
                toFloat64(
                    lengthUTF8(if((JSONType(`attributes`, {p4:String}) = 'String'), JSONExtractString(`attributes`, {p4:String}), NULL))
                ),
                toFloat64(
                    if((JSONType(`attributes`, {p4:String}) IN tuple('Array', 'Object')), JSONLength(`attributes`, {p4:String}), NULL)
                )
            ) > {p5:Float64})),
            0
        )))) AS `starts`,
        ((`micros` <= {p0:Int64}) AND (((`name` = {p6:String}) AND ifNull(
            ((JSONType(`attributes`, {p7:String}) != 'Null') AND startsWith(
                if((JSONType(`attributes`, {p7:String}) = 'String'), JSONExtractString(`attributes`, {p7:String}), NULL),
                {p8:String}
            )),
            0
        )) OR ((`name` = {p9:String}) AND ifNull(
            ((JSONType(`attributes`, {p7:String}) != 'Null') AND startsWith(
                if((JSONType(`attributes`, {p7:String}) = 'String'), JSONExtractString(`attributes`, {p7:String}), NULL),
                {p8:String}
            )),
            0
        )))) AS `Decided:is`,
        ((`micros` <= {p0:Int64}) AND (`name` = {p10:String})) AS `Paid:is`
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
        minOrNullIf(`micros`, `Decided:is`) AS `Decided:at`,
        minOrNullIf(`micros`, `Paid:is`) AS `Paid:at`,
        argMinIf(`attributes`, tuple(`micros`, `id`, `source`), `starts`) AS `start:attributes`,
        argMinIf(`attributes`, tuple(`micros`, `id`, `source`), `Decided:is`) AS `Decided:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        if(
            ((coalesce(
                if(
                    match(
                        if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL),
                        '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                    ),
                    toUnixTimestamp64Micro(
                        parseDateTime64BestEffortOrNull(
                            upper(
                                if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL)
                            ),
                            6,
                            'UTC'
                        )
                    ),
                    NULL
                ),
                accurateCastOrNull(
                    floor(
                        ((if(
                            (JSONType(`start:attributes`, {p11:String}) IN tuple('Int64', 'UInt64', 'Double')),
                            JSONExtractFloat(`start:attributes`, {p11:String}),
                            NULL
                        ) * 1000000) + {p12:Float64})
                    ),
                    'Int64'
                )
            ) >= -2208988800000000) AND (coalesce(
                if(
                    match(
                        if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL),
                        '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                    ),
                    toUnixTimestamp64Micro(
                        parseDateTime64BestEffortOrNull(
                            upper(
                                if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL)
                            ),
                            6,
                            'UTC'
                        )
                    ),
                    NULL
                ),
                accurateCastOrNull(
                    floor(
                        ((if(
                            (JSONType(`start:attributes`, {p11:String}) IN tuple('Int64', 'UInt64', 'Double')),
                            JSONExtractFloat(`start:attributes`, {p11:String}),
                            NULL
                        ) * 1000000) + {p12:Float64})
                    ),
                    'Int64'
                )
            ) <= 253402300799999999)),
            coalesce(
                if(
                    match(
                        if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL),
                        '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                    ),
                    toUnixTimestamp64Micro(
                        parseDateTime64BestEffortOrNull(
                            upper(
                                if((JSONType(`start:attributes`, {p11:String}) = 'String'), JSONExtractString(`start:attributes`, {p11:String}), NULL)
                            ),
                            6,
                            'UTC'
                        )
                    ),
                    NULL
                ),
                accurateCastOrNull(
                    floor(
                        ((if(
                            (JSONType(`start:attributes`, {p11:String}) IN tuple('Int64', 'UInt64', 'Double')),
                            JSONExtractFloat(`start:attributes`, {p11:String}),
                            NULL
                        ) * 1000000) + {p12:Float64})
                    ),
                    'Int64'
                )
            ),
            NULL
        ) AS `Decided:promised`,
        isNull(`Decided:at`) AS `Paid:undecided`,
        (isNotNull(`Decided:at`) AND not(
            ifNull(
                ((ifNotFinite(
                    (if(
                        (JSONType(`Decided:attributes`, {p13:String}) IN tuple('Int64', 'UInt64', 'Double')),
                        JSONExtractFloat(`Decided:attributes`, {p13:String}),
                        NULL
                    ) * {p14:Float64}),
                    NULL
                ) >= ifNotFinite(
                    (if(
                        (JSONType(`start:attributes`, {p15:String}) IN tuple('Int64', 'UInt64', 'Double')),
                        JSONExtractFloat(`start:attributes`, {p15:String}),
                        NULL
                    ) / nullIf({p16:Float64}, 0)),
                    NULL
                )) OR not(
                    if(
                        ((JSONType(`start:attributes`, {p17:String}) = 'Array') AND (JSONType(`start:attributes`, {p18:String}) != 'Null')),
                        arrayElement(
                            array(0, NULL, 1),
                            (arrayMax(
                                arrayPushFront(
                                    arrayMap(
                                        `element` -> ifNull(
                                            (coalesce(
                                                (if(
                                                    (JSONType(`start:attributes`, {p18:String}) IN tuple('Int64', 'UInt64')),
                                                    JSONExtract(`start:attributes`, {p18:String}, 'Int128'),
                                                    NULL
                                                ) = if((JSONType(`element`) IN tuple('Int64', 'UInt64')), JSONExtract(`element`, 'Int128'), NULL)),
                                                (if((JSONType(`start:attributes`, {p18:String}) = 'Bool'), JSONExtractBool(`start:attributes`, {p18:String}), NULL) = if((JSONType(`element`) = 'Bool'), JSONExtractBool(`element`), NULL)),
                                                (if(
                                                    (JSONType(`start:attributes`, {p18:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                                    JSONExtractFloat(`start:attributes`, {p18:String}),
                                                    NULL
                                                ) = if((JSONType(`element`) IN tuple('Int64', 'UInt64', 'Double')), JSONExtractFloat(`element`), NULL)),
                                                (if((JSONType(`start:attributes`, {p18:String}) = 'String'), JSONExtractString(`start:attributes`, {p18:String}), NULL) = if((JSONType(`element`) = 'String'), JSONExtractString(`element`), NULL))
                                            ) * 2),
                                            1
                                        ),
                                        JSONExtractArrayRaw(`start:attributes`, {p17:String})
                                    ),
                                    0
                                )
                            ) + 1)
                        ),
                        NULL
                    )
                )),
                0
            )
        )) AS `Paid:skipped`,
        isNotNull(`Decided:at`) AS `Paid:base_is_owed_nothing`,
        isNull(`Decided:at`) AS `Paid:gap`,
        if(
            (((if(
                ((coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) >= -2208988800000000) AND (coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) <= 253402300799999999)),
                coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ),
                NULL
            ) + {p20:Int64}) >= -2208988800000000) AND ((if(
                ((coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) >= -2208988800000000) AND (coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) <= 253402300799999999)),
                coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ),
                NULL
            ) + {p20:Int64}) <= 253402300799999999)),
            (if(
                ((coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) >= -2208988800000000) AND (coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ) <= 253402300799999999)),
                coalesce(
                    if(
                        match(
                            if(
                                (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                JSONExtractString(`Decided:attributes`, {p19:String}),
                                NULL
                            ),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if(
                                        (JSONType(`Decided:attributes`, {p19:String}) = 'String'),
                                        JSONExtractString(`Decided:attributes`, {p19:String}),
                                        NULL
                                    )
                                ),
                                6,
                                'UTC'
                            )
                        ),
                        NULL
                    ),
                    accurateCastOrNull(
                        floor(
                            ((if(
                                (JSONType(`Decided:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`Decided:attributes`, {p19:String}),
                                NULL
                            ) * 1000000) + {p12:Float64})
                        ),
                        'Int64'
                    )
                ),
                NULL
            ) + {p20:Int64}),
            NULL
        ) AS `Paid:promised`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            (isNotNull(`Decided:at`) AND (isNull(`Decided:promised`) OR (`Decided:at` <= `Decided:promised`))),
            'on_time',
            isNotNull(`Decided:at`),
            'late',
            (isNull(`Decided:promised`) OR ({p0:Int64} <= `Decided:promised`)),
            'pending',
            'missing'
        ) AS `Decided:state`,
        if(`Paid:skipped`, `Decided:at`, `Paid:at`) AS `Paid:anchor`,
        least((`Decided:at` + {p21:Int64}), `Paid:promised`) AS `Paid:due`
    FROM `layer_1`
),

`layer_3` AS
(
    SELECT
        *,
        multiIf(
            `Paid:skipped`,
            'skipped',
            `Paid:undecided`,
            'waiting',
            (isNotNull(`Paid:at`) AND (isNull(`Paid:due`) OR (`Paid:at` <= `Paid:due`))),
            'on_time',
            isNotNull(`Paid:at`),
            'late',
            (isNull(`Decided:at`) AND isNull(`Paid:due`)),
            'waiting',
            (isNull(`Paid:due`) OR ({p0:Int64} <= `Paid:due`)),
            'pending',
            'missing'
        ) AS `Paid:state`
    FROM `layer_2`
),

`answers` AS
(
    SELECT
        `correlation_id`,
        `start`,
        multiIf(
            ((`Decided:state` = 'missing') OR (`Paid:state` = 'missing')),
            'incomplete',
            (((`Decided:state` = 'on_time') OR (`Decided:state` = 'late')) AND (((`Paid:state` = 'on_time') OR (`Paid:state` = 'late')) OR `Paid:skipped`)),
            'complete',
            'running'
        ) AS `state`,
        array(`Decided:state`, `Paid:state`) AS `step_states`,
        array(`Decided:at`, `Paid:at`) AS `step_times`,
        array(CAST(`Decided:promised`, 'Nullable(Int64)'), CAST(`Paid:due`, 'Nullable(Int64)')) AS `step_dues`,
        arrayFilter(
            `f` -> isNotNull(tupleElement(`f`, 3)),
            array(
                tuple(0, 'missing', CAST(if((`Decided:state` = 'missing'), `Decided:promised`, NULL), 'Nullable(Int64)')),
                tuple(0, 'late', CAST(if((`Decided:state` = 'late'), `Decided:at`, NULL), 'Nullable(Int64)')),
                tuple(1, 'missing', CAST(if((`Paid:state` = 'missing'), `Paid:due`, NULL), 'Nullable(Int64)')),
                tuple(1, 'late', CAST(if((`Paid:state` = 'late'), `Paid:at`, NULL), 'Nullable(Int64)')),
                tuple(
                    1,
                    'out_of_order',
                    CAST(
                        if(
                            (isNotNull(`Paid:at`) AND not(`Paid:skipped`) AND not((`Paid:state` = 'not_needed'))),
                            if(ifNull((`Paid:at` < `Decided:at`), 0), `Paid:at`, if((`Paid:gap` AND ({p0:Int64} > `Paid:at`)), `Paid:at`, NULL)),
                            NULL
                        ),
                        'Nullable(Int64)'
                    )
                )
            )
        ) AS `findings`,
        arrayFilter(
            `p` -> isNotNull(`p`),
            array(
                if(isNull(`Decided:promised`), 0, NULL),
                if((not(`Paid:skipped`) AND isNotNull(`Decided:at`) AND isNull(`Paid:promised`)), 1, NULL)
            )
        ) AS `undated`,
        NULL AS `at_risk`,
        NULL AS `unit`,
        coalesce(
            if(
                (JSONType(`start:attributes`, {p22:String}, {p23:String}) = 'String'),
                JSONExtractString(`start:attributes`, {p22:String}, {p23:String}),
                NULL
            ),
            if(
                (JSONType(`start:attributes`, {p22:String}, {p23:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p22:String}, {p23:String}),
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
                if(((`Decided:state` = 'pending') AND isNotNull(`Decided:promised`)), (`Decided:promised` + {p24:Int64}), NULL),
                least(
                    if(((`Paid:state` = 'pending') AND isNotNull(`Paid:due`)), (`Paid:due` + {p24:Int64}), NULL),
                    if(
                        ((isNotNull(`Paid:at`) AND not(`Paid:skipped`) AND not((`Paid:state` = 'not_needed'))) AND `Paid:gap` AND ({p0:Int64} <= `Paid:at`)),
                        (`Paid:at` + {p24:Int64}),
                        NULL
                    )
                )
            ),
            `next_event`
        ) AS `wake_at`,
        CAST(NULL, 'Nullable(Int64)') AS `ended_at`
    FROM `layer_3`
),

`digested` AS
(
    SELECT
        *,
        if(
            isNotNull(`start`),
            cityHash64(
                {p25:String},
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
-- p1 = 'ClaimFiled'
-- p2 = 'ClaimImported'
-- p3 = 'legacy'
-- p4 = 'number'
-- p5 = 3.0
-- p6 = 'Approved'
-- p7 = 'by'
-- p8 = 'clerk-'
-- p9 = 'Rejected'
-- p10 = 'Paid'
-- p11 = 'promised_at'
-- p12 = 0.5
-- p13 = 'amount'
-- p14 = 1.5
-- p15 = 'reserve'
-- p16 = 2.0
-- p17 = 'small_kinds'
-- p18 = 'kind'
-- p19 = 'pay_by'
-- p20 = 3600000000
-- p21 = 604800000000
-- p22 = 'person'
-- p23 = 'full name'
-- p24 = 1
-- p25 = '4ed1f67e7db12a7b'
