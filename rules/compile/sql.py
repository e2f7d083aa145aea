"""A small SQL tree for ClickHouse, and the one printer that quotes.

What comes from a rule or a caller is a `Value` and is bound as a query parameter; `Constant` is for text and numbers
that stand in this code base. Names are always quoted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

NULL_TEXT = "NULL"


@dataclass(frozen=True, slots=True)
class Column:
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """A bound parameter of a ClickHouse type."""

    value: object
    type: str


@dataclass(frozen=True, slots=True)
class Constant:
    """Our own text or number, printed as a literal; `None` is NULL."""

    value: int | str | None


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple["Sql", ...]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`parameter -> body`; inside the body the parameter is a `Column`."""

    parameter: str
    body: "Sql"


@dataclass(frozen=True, slots=True)
class Everything:
    """The `*` of a select list."""


@dataclass(frozen=True, slots=True)
class Select:
    """`columns` maps a name to what it is; `Everything` stands first where it is wanted. `source` is a table or CTE,
    empty where nothing is read. Of a MergeTree table the other columns are read only where `prewhere` holds: the engine
    finds that out for itself, but not under all settings."""

    columns: Mapping[str, "Sql"]
    source: str
    everything: bool = False
    prewhere: "Sql | None" = None
    where: "Sql | None" = None
    group_by: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Named stages, each reading an earlier one or a table; the last is the answer. `numbers`: Int64, by the names that
    stand for them as columns in every stage."""

    stages: Mapping[str, Select]
    settings: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)


Sql = Column | Value | Constant | Function | Lambda | Select

NULL = Constant(None)
TRUE = Constant(1)
FALSE = Constant(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `{name:Type}` placeholders, and the values for them."""

    text: str
    parameters: Mapping[str, object]


def call(name: str, *arguments: Sql) -> Function:
    return Function(name, arguments)


def equals(left: Sql, right: Sql) -> Function:
    return call("equals", left, right)


def either(*conditions: Sql) -> Sql:
    """OR, with what is constant folded away."""
    if TRUE in conditions:
        return TRUE
    return _fold("or", FALSE, conditions)


def every(*conditions: Sql) -> Sql:
    """AND, with what is constant folded away."""
    if FALSE in conditions:
        return FALSE
    return _fold("and", TRUE, conditions)


def negate(condition: Sql) -> Sql:
    match condition:
        case Constant():
            return FALSE if condition == TRUE else TRUE
        case Function(name=name, arguments=arguments) if name in _OPPOSITES:
            return Function(_OPPOSITES[name], arguments)
        case _:
            return call("not", condition)


def choose(condition: Sql, then: Sql, otherwise: Sql) -> Sql:
    if condition in (TRUE, FALSE):
        return then if condition == TRUE else otherwise
    return call("if", condition, then, otherwise)


def present(value: Sql) -> Function:
    return call("isNotNull", value)


def each_once(parts: Iterable[Sql]) -> tuple[Sql, ...]:
    """The parts without repetition, in order."""
    kept: list[Sql] = []
    for part in parts:
        if part not in kept:  # a tree need not be hashable
            kept.append(part)
    return tuple(kept)


def columns_of(sql: Sql) -> Iterator[str]:
    """The names of the columns an expression reads (a lambda's own parameter among them)."""
    match sql:
        case Column(name=name):
            yield name
        case Function(arguments=arguments):
            for argument in arguments:
                yield from columns_of(argument)
        case Lambda(body=body):
            yield from columns_of(body)
        case _:
            pass


def render(query: Query) -> Statement:
    printer = _Printer()
    *stages, last = query.stages.items()
    named = [f"toInt64({number:d}) AS {_name(name)}" for name, number in query.numbers.items()]
    named += (f"{_name(name)} AS\n(\n{_indent(printer.select(stage))}\n)" for name, stage in stages)
    text = ",\n\n".join(named)
    text = (f"WITH\n\n{text}\n\n" if text else "") + printer.select(last[1])
    if query.settings:
        text += "\nSETTINGS " + ", ".join(f"{name} = {value:d}" for name, value in query.settings.items())
    return Statement(text, {name: value.value for value, name in printer.parameters.items()})


def _fold(name: str, neutral: Sql, conditions: tuple[Sql, ...]) -> Sql:
    kept = each_once(condition for condition in conditions if condition != neutral)
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else Function(name, kept)


class _Printer:
    """Prints one statement; equal values share a parameter."""

    def __init__(self) -> None:
        self.parameters: dict[_Bound, str] = {}

    def select(self, select: Select) -> str:
        columns = [self._column(name, sql) for name, sql in select.columns.items()]
        listed = (["*"] if select.everything else []) + columns
        lines = ["SELECT", _indent(",\n".join(listed))]
        if select.source:
            lines.append(f"FROM {_name(select.source)}")
        if select.prewhere is not None:
            lines.append(f"PREWHERE {self.sql(select.prewhere)}")
        if select.where is not None:
            lines.append(f"WHERE {self.sql(select.where)}")
        if select.group_by:
            lines.append(f"GROUP BY {', '.join(map(_name, select.group_by))}")
        if select.order_by:
            lines.append(f"ORDER BY {', '.join(map(_name, select.order_by))}")
        return "\n".join(lines)

    def sql(self, sql: Sql) -> str:
        match sql:
            case Column(name=name):
                return _name(name)
            case Value():
                return self._value(sql)
            case Constant(value=value):
                return _literal(value)
            case Function(name=name, arguments=arguments):
                return self._function(name, [self.sql(argument) for argument in arguments])
            case Lambda(parameter=parameter, body=body):
                return f"{_name(parameter)} -> {self.sql(body)}"
            case Select():
                return f"({self.select(sql)})".replace("\n", " ")

    def _column(self, name: str, sql: Sql) -> str:
        return _name(name) if sql == Column(name) else f"{self.sql(sql)} AS {_name(name)}"

    def _value(self, value: Value) -> str:
        name = self.parameters.setdefault(_Bound(value), f"p{len(self.parameters)}")
        return f"{{{name}:{value.type}}}"

    def _function(self, name: str, arguments: list[str]) -> str:
        operator = _OPERATORS.get(name)
        if operator is not None and len(arguments) > 1:
            return f"({f' {operator} '.join(arguments)})"
        if name == "not":  # ClickHouse reads an operator, and `not(a) = b` as the negation of `a = b`
            return f"(NOT {arguments[0]})"
        if sum(map(len, arguments)) <= _LINE:
            return f"{name}({', '.join(arguments)})"
        return f"{name}(\n{_indent(f',{chr(10)}'.join(arguments))}\n)"


class _Bound:
    """A value as a key: told apart by type as well, for 1, 1.0 and True are equal in Python, and lists do not hash."""

    def __init__(self, value: Value) -> None:
        self.value = value.value
        self._key = (value.type, repr(value.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bound) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


_OPPOSITES = {"isNull": "isNotNull", "isNotNull": "isNull"}
_LINE = 110  # a call with longer arguments is printed one argument a line

_OPERATORS = {
    "and": "AND",
    "or": "OR",
    "equals": "=",
    "notEquals": "!=",
    "less": "<",
    "lessOrEquals": "<=",
    "greater": ">",
    "greaterOrEquals": ">=",
    "in": "IN",
    "plus": "+",
    "minus": "-",
    "multiply": "*",
    "divide": "/",
}


def _name(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _literal(value: int | str | None) -> str:
    if value is None:
        return NULL_TEXT
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _indent(text: str) -> str:
    return "    " + text.replace("\n", "\n    ")
