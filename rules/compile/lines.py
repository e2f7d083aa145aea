"""The verdicts as lines of text that the engine itself writes: to read them here would cost more than to judge them.

What it could not write as we do is left empty, to be judged and written by ourselves: where a row has doubts, is of a
correlation ID of unusual characters, or of a time that the engine has no date for.
"""

from collections.abc import Callable, Iterator

import msgspec

from rules.compile.expression import EARLIEST, LATEST
from rules.compile.sql import (
    FALSE,
    NULL,
    Column,
    Constant,
    Lambda,
    Query,
    Select,
    Sql,
    Value,
    call,
    choose,
    either,
    equals,
    every,
    negate,
)
from rules.compile.workflow import OUTDATED, compile_workflow
from rules.ruleset import Lives
from rules.spec import Workflow
from rules.verdict import InstanceState

TOLD = ("own", "state", "kinds", "undated", "line", "alike")
"""The columns of the answer. A row stands for as many instances as are `alike`: for one, with its correlation ID as
`own`, and its `line`; or for some that need no line. `kinds` of findings and places of `undated` steps are joined by
commas."""

Writer = Callable[[Workflow, Query], Sql]
"""Makes the line out of the columns of the stage `answers`."""

_PLAIN = r"^[ !#-\[\]-~]+$"


def compile_lines(workflow: Workflow, as_of: int, lives: Lives, writer: Writer, *, flagged: bool) -> Query:
    """The query that tells what the workflow answers for at `as_of` (µs UTC), in order of correlation ID; with
    `flagged`, those without findings together, as ''."""
    judged = compile_workflow(workflow, as_of, lives=lives, exact=False)
    stages = {name: stage for name, stage in judged.stages.items() if name not in ("digested", "verdicts")}
    doubtful = call("notEquals", Column("doubts"), Constant(0))
    has_findings = call("notEmpty", Column("findings"))
    is_outdated = equals(Column("state"), Constant(OUTDATED))
    alone = either(doubtful, every(negate(is_outdated), has_findings))
    worth_telling = either(doubtful, every(Column("ours"), call("notEquals", Column("state"), Constant(""))))
    own = choose(alone, Column("correlation_id"), Constant("")) if flagged else Column("correlation_id")
    is_orphan = equals(Column("state"), Constant(InstanceState.ORPHAN.value))
    written = choose(either(is_outdated, _unusual(doubtful)), Constant(""), writer(workflow, judged))
    stages["told"] = Select(
        {
            "own": own,
            "state": Column("state"),
            "kinds": _joined(call("arrayMap", Lambda("f", _part("f", 2)), Column("findings"))),
            "undated": choose(
                is_orphan,
                Constant(""),
                _joined(call("arrayMap", Lambda("p", call("toString", Column("p"))), Column("undated"))),
            ),
            "line": choose(call("notEmpty", own), written, Constant("")) if flagged else written,
        },
        source="answers",
        where=worth_telling,
    )
    return Query(stages | {"lines": _together() if flagged else _each()}, judged.settings, judged.numbers)


def _together() -> Select:
    """Those without a line of their own, all that are alike as one row."""
    alike = ("own", "state", "kinds", "undated")
    columns = {"line": call("any", Column("line")), "alike": call("count")}
    return Select(_named(*alike) | columns, source="told", group_by=alike, order_by=("own",))


def _each() -> Select:
    return Select(
        _named("own", "state", "kinds", "undated", "line") | {"alike": Constant(1)}, "told", order_by=("own",)
    )


def _named(*names: str) -> dict[str, Sql]:
    return {name: Column(name) for name in names}


def _unusual(doubtful: Sql) -> Sql:
    plain = call("match", Column("correlation_id"), Constant(_PLAIN))
    return either(doubtful, negate(plain), *map(_beyond, ("step_times", "step_dues", "step_warned")))


def _beyond(times: str) -> Sql:
    """Whether there is a time that no date stands for."""
    time = Column("t")
    outside = either(call("less", time, Constant(EARLIEST)), call("greater", time, Constant(LATEST)))
    return call("arrayExists", Lambda("t", call("ifNull", outside, FALSE)), Column(times))


# JSON, with the keys in the order of `present.instance_json`.


def json_line(workflow: Workflow, judged: Query) -> Sql:
    """As `noshow check --format jsonl` has it."""
    is_orphan = equals(Column("state"), Constant(InstanceState.ORPHAN.value))
    begin = {"workflow": workflow.name, "version": workflow.version}
    return call(
        "concat",
        _text(_json(begin).removesuffix("}") + ',"correlation_id":"'),
        Column("correlation_id"),
        Constant('","state":"'),
        Column("state"),
        Constant('","start":'),
        _or_null(_quoted(Column("start"))),
        Constant(',"steps":{'),
        choose(is_orphan, Constant(""), call("concat", *_steps_json(workflow, judged), Constant(""))),
        Constant('},"findings":['),
        _joined(call("arrayMap", Lambda("f", _finding_json(workflow)), Column("findings"))),
        Constant("]}"),
    )


def _steps_json(workflow: Workflow, judged: Query) -> Iterator[Sql]:
    for place, step in enumerate(workflow.steps):
        at, due, count, needed, warned = (
            _element(judged, f"step_{name}", place) for name in ("times", "dues", "counts", "needed", "warned")
        )
        comma = "," if place else ""
        yield _text(f'{comma}{_json(step.name)}:{{"state":"')
        yield call("arrayElement", Column("step_states"), Constant(place + 1))
        yield Constant('","at":')
        yield _or_null(_quoted(at))
        yield Constant(',"due":')
        yield _or_null(_quoted(due))
        counted = ("concat", Constant(',"count":'), call("toString", count), Constant(',"needed":'), _shown(needed))
        yield _if_present(count, call(*counted))
        yield _if_present(warned, call("concat", Constant(',"warned":'), _or_null(_quoted(warned))))
        yield Constant("}")


def _finding_json(workflow: Workflow) -> Sql:
    names = [_json(step.name) for step in workflow.steps] + ["null"]
    step = call("arrayElement", Value(names, "Array(String)"), call("plus", _part("f", 1), Constant(1)))
    return call("concat", Constant('{"step":'), step, Constant(',"kind":"'), _part("f", 2), Constant('"}'))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# The row of the table.


def table_line(workflow: Workflow, judged: Query) -> Sql:
    """As `noshow check --format table` has it."""
    names = [f"{step.name} " for step in workflow.steps] + [""]
    step = call("arrayElement", Value(names, "Array(String)"), call("plus", _part("f", 1), Constant(1)))
    flags = call("arrayMap", Lambda("f", call("concat", step, _part("f", 2))), Column("findings"))
    row = call(
        "concat",
        _text(f"{workflow.name}  "),
        _padded(Column("correlation_id"), 36),
        Constant("  "),
        _padded(Column("state"), 10),
        Constant("  "),
        _padded(call("ifNull", _instant(Column("start")), Constant("-")), 27),
        Constant("  "),
        call("arrayStringConcat", flags, Constant(", ")),
    )
    return call("trimRight", row)


def _padded(text: Sql, width: int) -> Sql:
    missing = call("greatest", Constant(0), call("minus", Constant(width), call("length", text)))
    return call("concat", text, call("space", missing))


# Parts of both.


def _text(text: str) -> Sql:
    return Value(text, "String")


def _part(of: str, place: int) -> Sql:
    return call("tupleElement", Column(of), Constant(place))


def _joined(texts: Sql) -> Sql:
    return call("arrayStringConcat", texts, Constant(","))


def _element(judged: Query, column: str, place: int) -> Sql:
    """NULL where the rule has of no step such."""
    if judged.stages["answers"].columns[column] == call("emptyArrayInt64"):
        return NULL
    return call("arrayElement", Column(column), Constant(place + 1))


def _instant(micros: Sql) -> Sql:
    """As `store.instant.rfc3339` has it: with as many fractional digits as are needed."""
    if micros == NULL:
        return NULL
    moment = call("fromUnixTimestamp64Micro", micros, Constant("UTC"))
    text = call("formatDateTime", moment, Constant("%Y-%m-%dT%H:%i:%S.%f"))
    short = call("trimRight", call("trimRight", text, Constant("0")), Constant("."))
    return call("concat", short, Constant("Z"))


def _quoted(micros: Sql) -> Sql:
    return NULL if micros == NULL else call("concat", Constant('"'), _instant(micros), Constant('"'))


def _or_null(text: Sql) -> Sql:
    return Constant("null") if text == NULL else call("ifNull", text, Constant("null"))


def _shown(number: Sql) -> Sql:
    return Constant("null") if number == NULL else call("ifNull", call("toString", number), Constant("null"))


def _if_present(value: Sql, text: Sql) -> Sql:
    return Constant("") if value == NULL else call("if", call("isNull", value), Constant(""), text)
