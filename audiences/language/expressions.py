"""SQL of the escape hatch: read into a tree, and written out anew from the parts that are known here.

What cannot be written out is refused, so the list of what is allowed is the list of what is understood:
columns of customer_traits, values, comparisons, arithmetic and a few functions that give the same answer
on every engine and every day. Everything has a kind, so that no row can make the query fail.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from audiences.language.blocks import nearest
from audiences.language.columns import (
    NUMBERS,
    ORDERED_KINDS,
    SENSITIVE_FIX,
    Finding,
    Traits,
    has_form,
    literal,
    on_lines,
)
from audiences.language.sql_block import Sql

DIALECT = "duckdb"
MAX_CHARACTERS = 500
OR, AND, NOT, COMPARE, ADD, MULTIPLY, NEGATE, ATOM = range(8)  # what binds stronger is greater

NUMBER_FUNCTIONS: dict[type, str] = {exp.Abs: "abs", exp.Ceil: "ceil", exp.Floor: "floor"}
TEXT_FUNCTIONS: dict[type, str] = {exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim"}
COMMON_FUNCTIONS: dict[type, str] = {
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
    exp.Greatest: "greatest",
    exp.Least: "least",
}
COMPARISONS: dict[type, str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
ARITHMETIC: dict[type, tuple[str, int]] = {
    exp.Add: ("+", ADD),
    exp.Sub: ("-", ADD),
    exp.Mul: ("*", MULTIPLY),
    exp.Div: ("/", MULTIPLY),
}
CONNECTORS: dict[type, tuple[str, int]] = {exp.And: ("and", AND), exp.Or: ("or", OR)}
LITERAL_KINDS = {"DATE": "day", "TIMESTAMP": "instant", "TIMESTAMPNTZ": "instant"}
FUNCTIONS = NUMBER_FUNCTIONS | TEXT_FUNCTIONS | COMMON_FUNCTIONS | {exp.Length: "length"}
FUNCTION_FIX = f"functions are {', '.join(sorted(FUNCTIONS.values()))}, and case"
NOTES = {"typed", "safe", "ignore_nulls"}
"""Arguments by which the parser notes what the dialect does anyway."""


class Refused(Exception):  # noqa: N818 - it never leaves the module
    """The text is not an expression the language takes."""

    def __init__(self, code: str, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.code, self.rule, self.fix = code, rule, fix


@dataclass(frozen=True)
class Piece:
    """A written part of an expression: its text, its kind and how strongly it binds."""

    text: str
    kind: str
    level: int = ATOM

    def at(self, level: int) -> str:
        """The text where only what binds at least so strongly may stand bare."""
        if self.level >= level:
            return self.text
        inner = self.text.replace("\n", "\n    ")
        return f"(\n    {inner}\n)" if "\n" in inner else f"({inner})"


def check_expression(condition: Sql, path: tuple[Any, ...], traits: Traits) -> Iterator[Finding]:
    """What is wrong with the expression of a condition, given the columns there are."""
    try:
        _write(condition.sql, traits)
    except Refused as refused:
        yield refused.code, (*path, "sql"), refused.rule, refused.fix


def write_expression(text: str, traits: Traits, negated: bool) -> str:
    """An expression that `check_expression` finds nothing wrong with, as portable SQL."""
    piece = _write(text, traits)
    return f"not {piece.at(ATOM)}" if negated else piece.at(NOT)


def _write(text: str, traits: Traits) -> Piece:
    tree = _read(text)
    piece = _Writer(traits).write(tree)
    if piece.kind != "boolean":
        rule = f"is a {piece.kind}, not a condition"
        raise Refused("AUD202", rule, "compare it with something")
    if tree.find(exp.Column) is None:
        raise Refused("AUD206", "names no column, so it is the same for everybody", "name one")
    return piece


def _read(text: str) -> exp.Expr:
    """The tree of a text that is one expression."""
    fix = "write one expression such as coalesce(refund_order_share, 0) < 0.5"
    if len(text) > MAX_CHARACTERS:
        raise Refused("AUD202", f"is longer than {MAX_CHARACTERS} characters", "make it a trait")
    try:
        tokens = sqlglot.tokenize(text, dialect=DIALECT)
        if any(token.token_type.name == "SEMICOLON" for token in tokens):
            raise Refused("AUD202", "holds a semicolon", fix)
        if any(token.comments for token in tokens):
            raise Refused("AUD202", "holds a comment", "say why in `reason`")
        [tree] = sqlglot.parse(text, dialect=DIALECT)
    # The parser raises whatever it stumbles over on some fragments, such as a lone arrow.
    except (
        SqlglotError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        RecursionError,
    ):
        raise Refused("AUD202", "is not one SQL expression", fix) from None
    if tree is None:
        raise Refused("AUD202", "is not one SQL expression", fix)
    return tree


class _Writer:
    """Writes a tree, one method a group of node types."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.methods: dict[type, tuple[Callable[..., Piece], set[str]]] = {
            exp.Column: (self._column, {"this"}),
            exp.Literal: (self._literal, {"this", "is_string"}),
            exp.Boolean: (self._boolean, {"this"}),
            exp.Cast: (self._cast, {"this", "to"}),
            exp.Paren: (lambda node: self.write(node.this), {"this"}),
            exp.Not: (self._not, {"this"}),
            exp.Neg: (self._negative, {"this"}),
            exp.Is: (self._is_null, {"this", "expression"}),
            exp.In: (self._in, {"this", "expressions"}),
            exp.Between: (self._between, {"this", "low", "high"}),
            exp.Case: (self._case, {"ifs", "default"}),
            exp.If: (self._case, {"this", "true", "false"}),
            **dict.fromkeys(COMPARISONS, (self._compare, {"this", "expression"})),
            **dict.fromkeys(ARITHMETIC, (self._calculate, {"this", "expression"})),
            **dict.fromkeys(CONNECTORS, (self._connect, {"this", "expression"})),
            **dict.fromkeys(FUNCTIONS, (self._function, {"this", "expression", "expressions"})),
        }

    def write(self, node: exp.Expr) -> Piece:
        """The text of a node, or Refused when it or a part of it is not known here."""
        return self._method(node)(node)

    def _method(self, node: exp.Expr) -> Callable[..., Piece]:
        method, arguments = self.methods.get(type(node), (None, set()))
        given = {name for name, value in node.args.items() if value}
        if method is None or given - arguments - NOTES:
            what = node.sql(dialect=DIALECT)
            shown = what if len(what) <= 40 else what[:37] + "..."
            raise Refused("AUD202", f"`{shown}` is not part of the language", FUNCTION_FIX)
        return method

    def _column(self, node: exp.Column) -> Piece:
        name = node.name
        if name not in self.traits:
            fix = nearest(name, self.traits)
            raise Refused("AUD201", f"`{name}` is not a column of customer_traits", fix)
        kind = self.traits[name]
        if kind == "sensitive":
            raise Refused("AUD204", f"`{name}` is a sensitive column", SENSITIVE_FIX)
        return Piece(name, "number" if kind in NUMBERS else kind)

    def _literal(self, node: exp.Literal) -> Piece:
        return self._value(node.name, "text" if node.is_string else "number")

    def _value(self, value: str, kind: str) -> Piece:
        if not has_form(value, kind):
            fix = "write values such as 12, 0.5, 'DE' or date '2026-01-31'"
            raise Refused("AUD201", f"`{value[:40]}` is not a {kind}", fix)
        return Piece(literal(value, kind), kind, ADD if "||" in literal(value, kind) else ATOM)

    def _boolean(self, node: exp.Boolean) -> Piece:
        return Piece("true" if node.this else "false", "boolean")

    def _cast(self, node: exp.Cast) -> Piece:
        """A day or an instant; a column is never cast, for a row might not fit."""
        kind = LITERAL_KINDS.get(node.to.sql(dialect="").upper())
        if kind is None or not (isinstance(node.this, exp.Literal) and node.this.is_string):
            rule = "casts something other than a written day or instant"
            raise Refused("AUD202", rule, "write date '2026-01-31', or leave the cast out")
        return self._value(node.this.name, kind)

    def _not(self, node: exp.Not) -> Piece:
        if isinstance(node.this, (exp.Is, exp.In, exp.Between)):
            return self._method(node.this)(node.this, negated=True)
        inner = self.of_kind(node.this, "boolean")
        return Piece(f"not {inner.at(COMPARE)}", "boolean", NOT)

    def _negative(self, node: exp.Neg) -> Piece:
        return Piece(f"-{self.of_kind(node.this, 'number').at(ATOM)}", "number", NEGATE)

    def _is_null(self, node: exp.Is, negated: bool = False) -> Piece:
        if not isinstance(node.expression, exp.Null):
            raise Refused("AUD202", "`is` is only for null", "write `is null` or `is not null`")
        text = f"{self.write(node.this).at(ADD)} is {'not ' if negated else ''}null"
        return Piece(text, "boolean", COMPARE)

    def _in(self, node: exp.In, negated: bool = False) -> Piece:
        one, *values = self.of_one_kind([node.this, *node.expressions])
        listed = on_lines([value.text for value in values])
        text = f"{one.at(ADD)} {'not ' if negated else ''}in ({listed})"
        return Piece(text, "boolean", COMPARE)

    def _between(self, node: exp.Between, negated: bool = False) -> Piece:
        one, low, high = self.ordered([node.this, node.args["low"], node.args["high"]])
        word = "not between" if negated else "between"
        text = f"{one.at(ADD)} {word} {low.at(ADD)} and {high.at(ADD)}"
        return Piece(text, "boolean", COMPARE)

    def _compare(self, node: exp.Binary) -> Piece:
        together = self.of_one_kind if isinstance(node, (exp.EQ, exp.NEQ)) else self.ordered
        left, right = together([node.left, node.right])
        text = f"{left.at(ADD)} {COMPARISONS[type(node)]} {right.at(ADD)}"
        return Piece(text, "boolean", COMPARE)

    def _calculate(self, node: exp.Binary) -> Piece:
        """In doubles, which neither overflow nor cut off; a division by 0 is missing."""
        symbol, level = ARITHMETIC[type(node)]
        left, right = self.of_kind(node.left, "number"), self.of_kind(node.right, "number")
        is_double = type(node.left.unnest()) in ARITHMETIC
        first = left.at(level) if is_double else f"cast({left.text} as {{{{ t_double() }}}})"
        second = f"nullif({right.text}, 0)" if symbol == "/" else right.at(level + 1)
        return Piece(f"{first} {symbol} {second}", "number", level)

    def _connect(self, node: exp.Connector) -> Piece:
        word, level = CONNECTORS[type(node)]
        left, right = self.of_kind(node.left, "boolean"), self.of_kind(node.right, "boolean")
        return Piece(f"{left.at(level)}\n{word} {right.at(level)}", "boolean", level)

    def _case(self, node: exp.Case | exp.If) -> Piece:
        branches = cast(list[exp.If], node.args.get("ifs") or [node])
        otherwise = node.args.get("default") or node.args.get("false")
        results = [branch.args["true"] for branch in branches]
        pieces = self.of_one_kind([*results, *([otherwise] if otherwise else [])])
        whens = [
            f"when {self.of_kind(branch.this, 'boolean').text} then {piece.text}"
            for branch, piece in zip(branches, pieces, strict=False)
        ]
        rest = [f"else {pieces[-1].text}"] if otherwise else []
        return Piece(" ".join(["case", *whens, *rest, "end"]), pieces[0].kind)

    def _function(self, node: exp.Func) -> Piece:
        given = [*filter(None, [node.this, *node.expressions, node.args.get("expression")])]
        if not given:
            shown = node.sql(dialect=DIALECT)
            raise Refused("AUD202", f"`{shown}` is given nothing", "write a column or value in it")
        name, result = FUNCTIONS[type(node)], "number" if isinstance(node, exp.Length) else None
        if type(node) in COMMON_FUNCTIONS:
            is_order = isinstance(node, (exp.Greatest, exp.Least))
            pieces = (self.ordered if is_order else self.of_one_kind)(given)
        else:
            takes = "number" if type(node) in NUMBER_FUNCTIONS else "text"
            pieces = [self.of_kind(one, takes) for one in given]
        written = ", ".join(piece.text for piece in pieces)
        return Piece(f"{name}({written})", result or pieces[0].kind)

    def of_kind(self, node: exp.Expr, kind: str) -> Piece:
        """A part that must be of a kind."""
        piece = self.write(node)
        if piece.kind != kind:
            rule = f"`{node.sql(dialect=DIALECT)[:40]}` is a {piece.kind} where a {kind} is needed"
            raise Refused("AUD201", rule, "use a column or value of that kind")
        return piece

    def of_one_kind(self, nodes: list[exp.Expr]) -> list[Piece]:
        """Parts that must be of the same kind."""
        first = self.write(nodes[0])
        return [first, *(self.of_kind(node, first.kind) for node in nodes[1:])]

    def ordered(self, nodes: list[exp.Expr]) -> list[Piece]:
        """Parts of the same kind, which must have an order that every engine agrees on."""
        pieces = self.of_one_kind(nodes)
        if pieces[0].kind not in ORDERED_KINDS:
            rule = f"a {pieces[0].kind} has no order every engine agrees on"
            raise Refused("AUD201", rule, "use =, <> or in")
        return pieces
