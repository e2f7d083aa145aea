"""The syntax tree of CEL → the nodes of `rules.expression`, with names resolved and constants read."""

import re
from collections.abc import Callable
from typing import cast

from lark import Token, Tree

from rules.diagnostic import Check
from rules.expression import Attribute, Binary, Expression, Has, ListOf, Literal, Position, Unary
from rules.parse.call import BROKEN, called, check_function, check_method, value_errors
from rules.parse.cel import SUBSET, CelError, Syntax, parse_cel
from rules.parse.literal import decimal, integer
from rules.parse.reference import Part, Scope, resolve

DEEPEST = 60  # levels of an expression's tree

_BINARY = frozenset(["conditionalor", "conditionaland", "relation", "addition", "multiplication"])
_LAYERS = _BINARY | {"expr", "unary", "member", "primary", "paren_expr"}
_OPERATOR = re.compile(r"\s*(==|!=|<=|>=|<|>|&&|\|\||in|\+|-|\*|/|%)")


class _TooDeep(CelError):
    pass


class Converter:
    """Goes on behind a part that is wrong, so that all errors of an expression are found."""

    def __init__(self, scope: Scope, place: Callable[[int], Position]) -> None:
        self.place = place
        self.errors: list[CelError] = []
        self._scope = scope
        self._syntax: Syntax

    def read(self, text: str) -> Expression:
        try:
            self._syntax = parse_cel(text)
            return self._convert(self._syntax.tree, 1)
        except CelError as error:
            self.errors.append(error)
            return BROKEN

    def _convert(self, tree: Tree[Token], depth: int) -> Expression:
        if depth > DEEPEST:
            message = f"this expression is nested more than {DEEPEST} levels deep"
            raise _TooDeep(_start(tree), Check.SIZE, message, "alternatives are shorter as a in [b, c]")
        try:
            return self._node(_inner(tree), depth)
        except _TooDeep:
            raise
        except CelError as error:
            self.errors.append(error)
            return BROKEN

    def _convert_all(self, trees: list[Tree[Token]], depth: int) -> list[Expression]:
        return [self._convert(tree, depth + 1) for tree in trees]

    def _node(self, tree: Tree[Token], depth: int) -> Expression:
        match str(tree.data):
            case name if name in _BINARY:
                return self._binary(tree, depth)
            case "unary":
                return self._unary(tree, depth)
            case "literal":
                return self._literal(cast(Token, tree.children[0]))
            case "ident" | "member_dot" | "member_index":
                return self._attribute(tree)
            case "ident_arg":
                return self._function(tree, depth)
            case "member_dot_arg":
                return self._method(tree, depth)
            case "list_lit":
                items = self._convert_all(_arguments(tree), depth)
                return ListOf(tuple(items), position=self.place(_start(tree)))
            case "expr":
                self._convert_all(cast(list[Tree[Token]], tree.children), depth)
                raise self._outside(tree)
            case _:
                raise self._outside(tree)

    def _outside(self, tree: Tree[Token]) -> CelError:
        offset = _outside_at(tree, self._syntax.masked)
        return CelError(offset, Check.SUBSET, _OUTSIDE[str(tree.data)], SUBSET)

    # Operators

    def _binary(self, tree: Tree[Token], depth: int) -> Expression:
        left, right = cast(list[Tree[Token]], tree.children)
        if str(left.data) not in _LAYERS:  # the grammar wraps the left side and its operator
            left = cast(Tree[Token], left.children[0])
        found = _OPERATOR.match(self._syntax.masked, left.meta.end_pos)
        assert found is not None
        a, b = self._convert(left, depth + 1), self._convert(right, depth + 1)
        if found[1] == "%":
            raise CelError(found.start(1), Check.SUBSET, "% is not supported here", SUBSET)
        return Binary(found[1], a, b, position=self.place(found.start(1)))  # type: ignore[arg-type]  # one of them

    def _unary(self, tree: Tree[Token], depth: int) -> Expression:
        operator, operand = cast(list[Tree[Token]], tree.children)
        at = self.place(_start(tree))
        if str(operator.data) == "unary_not":
            return Unary("!", self._convert(operand, depth + 1), position=at)
        inner = _inner(operand)
        if str(inner.data) == "literal" and cast(Token, inner.children[0]).type in ("INT_LIT", "FLOAT_LIT"):
            return self._number(cast(Token, inner.children[0]), at, negative=True)
        return Unary("-", self._convert(operand, depth + 1), position=at)

    # Literals

    def _literal(self, token: Token) -> Expression:
        at = self.place(_offset(token))
        match token.type:
            case "INT_LIT" | "FLOAT_LIT":
                return self._number(token, at)
            case "BOOL_LIT":
                return Literal(str(token) == "true", position=at)
            case "NULL_LIT":
                return Literal(None, position=at)
            case "STRING_LIT" | "MLSTRING_LIT":
                return Literal(self._syntax.strings[_offset(token)], position=at)
            case _:
                raise CelError(_offset(token), Check.SUBSET, "unsigned integers are not supported here", SUBSET)

    def _number(self, token: Token, at: Position, negative: bool = False) -> Expression:
        digits = str(token)
        if negative:
            digits = digits[1:] if digits.startswith("-") else f"-{digits}"
        read = integer if token.type == "INT_LIT" else decimal
        with value_errors(_offset(token)):
            return Literal(read(digits), position=at)

    # Names

    def _attribute(self, tree: Tree[Token]) -> Attribute:
        path: list[Part] = []
        while str(tree.data) in ("member_dot", "member_index"):
            path.append(self._part(tree))
            tree = _inner(cast(Tree[Token], tree.children[0]))
        if str(tree.data) in _OUTSIDE:
            raise self._outside(tree)
        if str(tree.data) != "ident":
            message = "only steps, the start and their attributes have attributes"
            raise CelError(path[-1].offset, Check.SUBSET, message)
        if len(path) > DEEPEST:
            raise CelError(_start(tree), Check.SIZE, f"this reaches more than {DEEPEST} levels deep")
        root = cast(Token, tree.children[0])
        at = _offset(root)
        return resolve(Part(str(root), at, False), tuple(reversed(path)), self._scope, self.place(at))

    def _part(self, tree: Tree[Token]) -> Part:
        last = tree.children[1]
        if isinstance(last, Token):
            return Part(str(last), _offset(last), False)
        index = _inner(last)
        token = index.children[0] if str(index.data) == "literal" else None
        if not isinstance(token, Token) or token.type not in ("STRING_LIT", "MLSTRING_LIT"):
            message = 'only the name of an attribute can stand in brackets, as in A["odd name"]'
            raise CelError(_start(last), Check.SUBSET, message)
        return Part(self._syntax.strings[_offset(token)], _offset(token), True)

    # Functions

    def _function(self, tree: Tree[Token], depth: int) -> Expression:
        name, arguments = cast(Token, tree.children[0]), _arguments(tree)
        try:
            check_function(str(name), _offset(name), len(arguments))
        except CelError:
            self._convert_all(arguments, depth)
            raise
        at = self.place(_offset(name))
        if name == "has":
            return self._has(arguments[0], at)
        return called(str(name), self._convert_all(arguments, depth), _start(arguments[-1]), at)

    def _method(self, tree: Tree[Token], depth: int) -> Expression:
        name = cast(Token, tree.children[1])
        receiver, arguments = cast(Tree[Token], tree.children[0]), _arguments(tree)
        given = [self._convert(receiver, depth + 1)]
        check_method(str(name), _offset(name), len(arguments))
        given += self._convert_all(arguments, depth)
        return called(str(name), given, _start([receiver, *arguments][-1]), self.place(_start(receiver)))

    def _has(self, argument: Tree[Token], at: Position) -> Expression:
        inner = _inner(argument)
        if str(inner.data) not in ("ident", "member_dot", "member_index"):
            raise CelError(_start(inner), Check.SUBSET, "has(…) takes an attribute, as in has(Payment.amount)")
        return Has(self._attribute(inner), position=at)


_OUTSIDE = {
    "expr": "the conditional ?: is not supported here",
    "map_lit": "maps are not supported here",
    "member_object": "messages are not supported here",
    "dot_ident": "a name can't begin with a dot",
    "dot_ident_arg": "a name can't begin with a dot",
}


def _outside_at(tree: Tree[Token], masked: str) -> int:
    if str(tree.data) == "expr":
        return masked.index("?", cast(Tree[Token], tree.children[0]).meta.end_pos)
    if str(tree.data) == "member_object":
        return masked.index("{", cast(Tree[Token], tree.children[0]).meta.end_pos)
    return _start(tree)


def _inner(tree: Tree[Token]) -> Tree[Token]:
    """The first node below that is more than a layer of the grammar around another."""
    while str(tree.data) in _LAYERS and len(tree.children) == 1:
        tree = cast(Tree[Token], tree.children[0])
    return tree


def _arguments(tree: Tree[Token]) -> list[Tree[Token]]:
    last = tree.children[-1] if tree.children else None
    if isinstance(last, Tree) and str(last.data) == "exprlist":
        return cast(list[Tree[Token]], last.children)
    return []


def _start(tree: Tree[Token]) -> int:
    return int(tree.meta.start_pos)


def _offset(token: Token) -> int:
    return int(token.start_pos or 0)
