"""Times and conditions of cells.

A time is Int64, µs UTC, and not NULL: what has not come is `NEVER`, beyond all times, so that comparing, `least` and
`greatest` say by themselves what is meant. A condition is 0 or 1. Conditions are joined by bits, for ClickHouse's
planner compares the operands of AND and OR with all the layers below them: a chain of 40 steps would take it minutes.
"""

from rules.compile.sql import FALSE, NULL, TRUE, Column, Constant, Function, Lambda, Sql, Value, call, choose, each_once

FAR = 1 << 61
NEVER: Sql = Column("never")
LONG_AGO: Sql = Column("long_ago")
NUMBERS = {"never": FAR, "long_ago": -FAR}

_OPPOSITES = {
    "less": "greaterOrEquals",
    "lessOrEquals": "greater",
    "greater": "lessOrEquals",
    "greaterOrEquals": "less",
    "equals": "notEquals",
    "notEquals": "equals",
}


def has_come(time: Sql) -> Sql:
    return FALSE if time == NEVER else call("less", time, NEVER)


def is_after(time: Sql, limit: Sql) -> Sql:
    return FALSE if limit == NEVER else TRUE if time == NEVER else call("greater", time, limit)


def not_after(time: Sql, limit: Sql) -> Sql:
    return TRUE if limit == NEVER else call("lessOrEquals", time, limit)


def plus(time: Sql, micros: int) -> Sql:
    return time if time in (NEVER, LONG_AGO) or not micros else call("plus", time, Value(micros, "Int64"))


def earliest(*times: Sql) -> Sql:
    kept = each_once(time for time in times if time != NEVER)
    return _one_or_call("least", kept) if kept else NEVER


def latest(*times: Sql) -> Sql:
    """`NEVER` as long as one of them has not come."""
    if NEVER in times:
        return NEVER
    kept = each_once(time for time in times if time != LONG_AGO)
    return _one_or_call("greatest", kept) if kept else LONG_AGO


def first_since(times: Sql, since: Sql) -> Sql:
    """The least of an array of times that is not before `since`."""
    counted = Lambda("t", call("if", call("greaterOrEquals", Column("t"), since), Column("t"), NEVER))
    return call("arrayMin", counted, call("arrayPushBack", times, NEVER))


def or_null(time: Sql) -> Sql:
    """Nullable(Int64), as the answer has it."""
    if time == NEVER:
        return call("CAST", NULL, Constant("Nullable(Int64)"))
    return call("if", has_come(time), time, NULL)


def or_never(time: Sql) -> Sql:
    """Of a Nullable(Int64)."""
    return NEVER if time == NULL else call("ifNull", time, NEVER)


def any_of(*conditions: Sql) -> Sql:
    if TRUE in conditions:
        return TRUE
    return _joined("bitOr", each_once(it for it in conditions if it != FALSE), FALSE)


def all_of(*conditions: Sql) -> Sql:
    if FALSE in conditions:
        return FALSE
    return _joined("bitAnd", each_once(it for it in conditions if it != TRUE), TRUE)


def opposite(condition: Sql) -> Sql:
    match condition:
        case Constant():
            return FALSE if condition == TRUE else TRUE
        case Function(name=name, arguments=arguments) if name in _OPPOSITES:
            return Function(_OPPOSITES[name], arguments)
        case Function(name="not", arguments=(inner,)):
            return inner
        case _:
            return call("not", condition)


def either_way(condition: Sql, then: Sql, otherwise: Sql) -> Sql:
    """Of two conditions the one that counts."""
    if then == otherwise:
        return then
    if Constant in (type(then), type(otherwise)):
        return any_of(all_of(condition, then), all_of(opposite(condition), otherwise))
    return choose(condition, then, otherwise)


def when(condition: Sql, time: Sql) -> Sql:
    """The time where the condition holds, else `NEVER`."""
    return NEVER if time == NEVER else choose(condition, time, NEVER)


def _joined(name: str, conditions: tuple[Sql, ...], neutral: Sql) -> Sql:
    if len(conditions) < 2:
        return conditions[0] if conditions else neutral
    middle = len(conditions) // 2  # by halves, or many would be nested deep
    return call(name, _joined(name, conditions[:middle], neutral), _joined(name, conditions[middle:], neutral))


def _one_or_call(name: str, times: tuple[Sql, ...]) -> Sql:
    return times[0] if len(times) == 1 else Function(name, times)
