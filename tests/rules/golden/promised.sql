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
        arrayUniq(groupArray(`identity`), groupArray(`content`)) AS `stored`,
        (arrayUniq(groupArray(`identity`), groupArray(`content`)) - arrayUniq(groupArray(`identity`))) AS `conflicts`,
        ((arrayUniq(groupArray(`identity`), groupArray(`content`)) - arrayUniq(groupArray(`identity`))) + countIf((`source` = 'noshow'))) AS `doubts`,
        argMaxIf(
            toString(`name`),
            concat(reverse(reinterpretAsFixedString((`micros` + {p11:Int64}))), `id`, char(0), toString(`source`)),
            `exists`
        ) AS `last_event`,
        maxIf(`micros`, `exists`) AS `last_event_at`,
        min(if((`micros` > {p0:Int64}), `micros`, `never`)) AS `next_event`,
        min(if(`starts`, `micros`, `never`)) AS `began`,
        min(if(`Decided:is`, `micros`, `never`)) AS `Decided:first`,
        min(if(`Paid:is`, `micros`, `never`)) AS `Paid:first`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p11:Int64}))), `id`, char(0), toString(`source`)),
            `starts`
        ) AS `start:attributes`,
        argMinIf(
            `attributes`,
            concat(reverse(reinterpretAsFixedString((`micros` + {p11:Int64}))), `id`, char(0), toString(`source`)),
            `Decided:is`
        ) AS `Decided:attributes`
    FROM `matched`
    GROUP BY `correlation_id`
),

`layer_1` AS
(
    SELECT
        *,
        ifNull(
            if(
                ((coalesce(
                    if(
                        match(
                            if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL)
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
                                (JSONType(`start:attributes`, {p12:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`start:attributes`, {p12:String}),
                                NULL
                            ) * 1000000) + {p13:Float64})
                        ),
                        'Int64'
                    )
                ) >= -2208988800000000) AND (coalesce(
                    if(
                        match(
                            if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL)
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
                                (JSONType(`start:attributes`, {p12:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`start:attributes`, {p12:String}),
                                NULL
                            ) * 1000000) + {p13:Float64})
                        ),
                        'Int64'
                    )
                ) <= 253402300799999999)),
                coalesce(
                    if(
                        match(
                            if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL),
                            '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                        ),
                        toUnixTimestamp64Micro(
                            parseDateTime64BestEffortOrNull(
                                upper(
                                    if((JSONType(`start:attributes`, {p12:String}) = 'String'), JSONExtractString(`start:attributes`, {p12:String}), NULL)
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
                                (JSONType(`start:attributes`, {p12:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                JSONExtractFloat(`start:attributes`, {p12:String}),
                                NULL
                            ) * 1000000) + {p13:Float64})
                        ),
                        'Int64'
                    )
                ),
                NULL
            ),
            `never`
        ) AS `Decided:promised`,
        ifNull(
            ((ifNotFinite(
                (if(
                    (JSONType(`Decided:attributes`, {p14:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`Decided:attributes`, {p14:String}),
                    NULL
                ) * {p15:Float64}),
                NULL
            ) >= ifNotFinite(
                (if(
                    (JSONType(`start:attributes`, {p16:String}) IN tuple('Int64', 'UInt64', 'Double')),
                    JSONExtractFloat(`start:attributes`, {p16:String}),
                    NULL
                ) / nullIf({p17:Float64}, 0)),
                NULL
            )) OR (NOT if(
                ((JSONType(`start:attributes`, {p18:String}) = 'Array') AND (JSONType(`start:attributes`, {p19:String}) != 'Null')),
                arrayElement(
                    array(0, NULL, 1),
                    (arrayMax(
                        arrayPushFront(
                            arrayMap(
                                `element` -> ifNull(
                                    (coalesce(
                                        (if(
                                            (JSONType(`start:attributes`, {p19:String}) IN tuple('Int64', 'UInt64')),
                                            JSONExtract(`start:attributes`, {p19:String}, 'Int128'),
                                            NULL
                                        ) = if((JSONType(`element`) IN tuple('Int64', 'UInt64')), JSONExtract(`element`, 'Int128'), NULL)),
                                        (if((JSONType(`start:attributes`, {p19:String}) = 'Bool'), JSONExtractBool(`start:attributes`, {p19:String}), NULL) = if((JSONType(`element`) = 'Bool'), JSONExtractBool(`element`), NULL)),
                                        (if(
                                            (JSONType(`start:attributes`, {p19:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                            JSONExtractFloat(`start:attributes`, {p19:String}),
                                            NULL
                                        ) = if((JSONType(`element`) IN tuple('Int64', 'UInt64', 'Double')), JSONExtractFloat(`element`), NULL)),
                                        (if((JSONType(`start:attributes`, {p19:String}) = 'String'), JSONExtractString(`start:attributes`, {p19:String}), NULL) = if((JSONType(`element`) = 'String'), JSONExtractString(`element`), NULL))
                                    ) * 2),
                                    1
                                ),
                                JSONExtractArrayRaw(`start:attributes`, {p18:String})
                            ),
                            0
                        )
                    ) + 1)
                ),
                NULL
            ))),
            0
        ) AS `Paid:holds`,
        (`Decided:first` >= `never`) AS `Paid:undecided`,
        if((`Decided:first` < `never`), `Decided:first`, `long_ago`) AS `Paid:last`,
        (`Decided:first` >= `never`) AS `Paid:gap`,
        ifNull(
            if(
                (((if(
                    ((coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) >= -2208988800000000) AND (coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) <= 253402300799999999)),
                    coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ),
                    NULL
                ) + {p21:Int64}) >= -2208988800000000) AND ((if(
                    ((coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) >= -2208988800000000) AND (coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) <= 253402300799999999)),
                    coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ),
                    NULL
                ) + {p21:Int64}) <= 253402300799999999)),
                (if(
                    ((coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) >= -2208988800000000) AND (coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ) <= 253402300799999999)),
                    coalesce(
                        if(
                            match(
                                if(
                                    (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                    JSONExtractString(`Decided:attributes`, {p20:String}),
                                    NULL
                                ),
                                '^\\d{4}-\\d{2}-\\d{2}([Tt ]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)?)?$'
                            ),
                            toUnixTimestamp64Micro(
                                parseDateTime64BestEffortOrNull(
                                    upper(
                                        if(
                                            (JSONType(`Decided:attributes`, {p20:String}) = 'String'),
                                            JSONExtractString(`Decided:attributes`, {p20:String}),
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
                                    (JSONType(`Decided:attributes`, {p20:String}) IN tuple('Int64', 'UInt64', 'Double')),
                                    JSONExtractFloat(`Decided:attributes`, {p20:String}),
                                    NULL
                                ) * 1000000) + {p13:Float64})
                            ),
                            'Int64'
                        )
                    ),
                    NULL
                ) + {p21:Int64}),
                NULL
            ),
            `never`
        ) AS `Paid:promised`
    FROM `histories`
),

`layer_2` AS
(
    SELECT
        *,
        multiIf(
            bitAnd((`Decided:first` < `never`), (`Decided:first` <= `Decided:promised`)),
            'on_time',
            (`Decided:first` < `never`),
            'late',
            ({p0:Int64} <= `Decided:promised`),
            'pending',
            'missing'
        ) AS `Decided:state`,
        bitAnd((`Decided:first` < `never`), (NOT `Paid:holds`)) AS `Paid:skipped`,
        least((`Decided:first` + {p22:Int64}), `Paid:promised`) AS `Paid:due`
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
            bitAnd((`Paid:first` < `never`), (`Paid:first` <= `Paid:due`)),
            'on_time',
            (`Paid:first` < `never`),
            'late',
            bitAnd((`Decided:first` >= `never`), (`Paid:due` >= `never`)),
            'waiting',
            ({p0:Int64} <= `Paid:due`),
            'pending',
            'missing'
        ) AS `Paid:state`,
        if((`Decided:state` = 'missing'), `Decided:promised`, `never`) AS `Decided:missing`,
        if((`Decided:state` = 'late'), `Decided:first`, `never`) AS `Decided:late`
    FROM `layer_2`
),

`layer_4` AS
(
    SELECT
        *,
        if((`Paid:state` = 'missing'), `Paid:due`, `never`) AS `Paid:missing`,
        if((`Paid:state` = 'late'), `Paid:first`, `never`) AS `Paid:late`,
        if(
            bitAnd((`Paid:first` < `never`), (NOT bitOr(`Paid:skipped`, (`Paid:state` = 'not_needed')))),
            least(
                if((`Paid:first` < `Paid:last`), `Paid:first`, `never`),
                if(`Paid:gap`, if(({p0:Int64} > `Paid:first`), `Paid:first`, `never`), `never`)
            ),
            `never`
        ) AS `Paid:out_of_order`,
        least(
            `next_event`,
            if(
                (`began` < `never`),
                least(
                    if((`Decided:state` = 'pending'), (`Decided:promised` + {p23:Int64}), `never`),
                    least(
                        if((`Paid:state` = 'pending'), (`Paid:due` + {p23:Int64}), `never`),
                        if(
                            bitAnd((NOT bitOr(`Paid:skipped`, (`Paid:state` = 'not_needed'))), bitAnd((`Paid:first` < `never`), `Paid:gap`)),
                            if(({p0:Int64} <= `Paid:first`), (`Paid:first` + {p23:Int64}), `never`),
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
        array(`Decided:state`, `Paid:state`) AS `step_states`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Decided:first`, `Paid:first`)) AS `step_times`,
        arrayMap(`t` -> if((`t` < `never`), `t`, NULL), array(`Decided:promised`, `Paid:due`)) AS `step_dues`,
        emptyArrayInt64() AS `step_counts`,
        emptyArrayInt64() AS `step_needed`,
        arrayFilter(
            `p` -> isNotNull(`p`),
            array(
                if((`Decided:promised` >= `never`), 0, NULL),
                if(bitAnd((NOT `Paid:skipped`), bitAnd((`Decided:first` < `never`), (`Paid:promised` >= `never`))), 1, NULL)
            )
        ) AS `undated`,
        NULL AS `at_risk`,
        NULL AS `unit`,
        coalesce(
            if(
                (JSONType(`start:attributes`, {p24:String}, {p25:String}) = 'String'),
                JSONExtractString(`start:attributes`, {p24:String}, {p25:String}),
                NULL
            ),
            if(
                (JSONType(`start:attributes`, {p24:String}, {p25:String}) IN tuple('Bool', 'Int64', 'UInt64')),
                JSONExtractRaw(`start:attributes`, {p24:String}, {p25:String}),
                NULL
            )
        ) AS `customer`,
        `stored`,
        `conflicts`,
        `doubts`,
        `last_event`,
        `last_event_at`,
        CAST(NULL, 'Nullable(Int64)') AS `ended_at`,
        multiIf(
            (`began` < `never`),
            multiIf(
                bitOr((`Decided:state` = 'missing'), (`Paid:state` = 'missing')),
                'incomplete',
                bitAnd(
                    bitOr((`Decided:state` = 'on_time'), (`Decided:state` = 'late')),
                    bitOr(bitOr((`Paid:state` = 'on_time'), (`Paid:state` = 'late')), `Paid:skipped`)
                ),
                'complete',
                'running'
            ),
            ''
        ) AS `state`,
        emptyArrayInt64() AS `step_warned`,
        if(
            (least(`Decided:missing`, `Decided:late`, `Paid:missing`, `Paid:late`, `Paid:out_of_order`) < `never`),
            arrayFilter(
                `f` -> (tupleElement(`f`, 3) < `never`),
                array(
                    tuple(0, 'missing', `Decided:missing`),
                    tuple(0, 'late', `Decided:late`),
                    tuple(1, 'missing', `Paid:missing`),
                    tuple(1, 'late', `Paid:late`),
                    tuple(1, 'out_of_order', `Paid:out_of_order`)
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
                {p26:String},
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
-- p11 = 2305843009213693952
-- p12 = 'promised_at'
-- p13 = 0.5
-- p14 = 'amount'
-- p15 = 1.5
-- p16 = 'reserve'
-- p17 = 2.0
-- p18 = 'small_kinds'
-- p19 = 'kind'
-- p20 = 'pay_by'
-- p21 = 3600000000
-- p22 = 604800000000
-- p23 = 1
-- p24 = 'person'
-- p25 = 'full name'
-- p26 = '9a90f61f3ccb1b94'
