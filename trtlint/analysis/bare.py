"""LibCST trees without layout, made from ``ast``: for code that is evaluated and nothing else.

Constructors are most of the code that has to be understood, and no rule looks into them: what
counts is what they put into ``self``. LibCST's parser makes two objects of layout for each that
means something, and validates them all; the same nodes made from ``ast`` cost a fourth of that.
They hold the fields that :func:`trtlint.analysis.trees.children` walks, and cannot be rendered.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst

from trtlint.analysis import bare_nodes as make


class Untranslated(Exception):  # noqa: N818
    """The code holds a node that is not translated."""


def bare_body(text: str) -> tuple[cst.IndentedBlock, dict[int, ast.expr]]:
    """The body of the one function that ``text`` defines, perhaps indented below an ``if``.

    Returns:
        The body, and by the identity of each condition and ``with`` item what it was made from.

    Raises:
        Untranslated: it must be parsed with LibCST instead.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in users' strings are not ours
        top = ast.parse(text).body[0]
    if isinstance(top, ast.If):
        top = top.body[0]
    if not isinstance(top, ast.FunctionDef):
        raise Untranslated
    maker = _Maker()
    return maker.block(top.body), maker.origins


_displays: dict[type[ast.expr], type[cst.CSTNode]] = {
    ast.Tuple: cst.Tuple,
    ast.List: cst.List,
    ast.Set: cst.Set,
}
_DISPLAYS = {kind: make.making(wanted, "elements") for kind, wanted in _displays.items()}
_comprehensions: dict[type[ast.expr], type[cst.CSTNode]] = {
    ast.ListComp: cst.ListComp, ast.SetComp: cst.SetComp, ast.GeneratorExp: cst.GeneratorExp,
}  # fmt: skip
_COMPREHENSIONS = {
    kind: make.making(wanted, "elt", "for_in") for kind, wanted in _comprehensions.items()
}
_PLAIN = {
    ast.Pass: make.making(cst.Pass),
    ast.Break: make.making(cst.Break),
    ast.Continue: make.making(cst.Continue),
}

# Operators hold nothing but layout, so that one of each does.
_SIGNS: dict[type[ast.AST], tuple[type[cst.CSTNode], type[cst.CSTNode]]] = {
    ast.Add: (cst.Add, cst.AddAssign),
    ast.Sub: (cst.Subtract, cst.SubtractAssign),
    ast.Mult: (cst.Multiply, cst.MultiplyAssign),
    ast.Div: (cst.Divide, cst.DivideAssign),
    ast.FloorDiv: (cst.FloorDivide, cst.FloorDivideAssign),
    ast.Mod: (cst.Modulo, cst.ModuloAssign),
    ast.Pow: (cst.Power, cst.PowerAssign),
    ast.MatMult: (cst.MatrixMultiply, cst.MatrixMultiplyAssign),
    ast.BitAnd: (cst.BitAnd, cst.BitAndAssign),
    ast.BitOr: (cst.BitOr, cst.BitOrAssign),
    ast.BitXor: (cst.BitXor, cst.BitXorAssign),
    ast.LShift: (cst.LeftShift, cst.LeftShiftAssign),
    ast.RShift: (cst.RightShift, cst.RightShiftAssign),
}
_OPERATORS = {kind: plain() for kind, (plain, _) in _SIGNS.items()}
_AUGMENTED = {kind: augmented() for kind, (_, augmented) in _SIGNS.items()}
_OTHERS: dict[type[ast.AST], cst.CSTNode] = {
    ast.And: cst.And(), ast.Or: cst.Or(), ast.Not: cst.Not(), ast.Invert: cst.BitInvert(),
    ast.USub: cst.Minus(), ast.UAdd: cst.Plus(), ast.Eq: cst.Equal(), ast.NotEq: cst.NotEqual(),
    ast.Lt: cst.LessThan(), ast.LtE: cst.LessThanEqual(), ast.Gt: cst.GreaterThan(),
    ast.GtE: cst.GreaterThanEqual(), ast.Is: cst.Is(), ast.IsNot: cst.IsNot(), ast.In: cst.In(),
    ast.NotIn: cst.NotIn(),
}  # fmt: skip


class _Maker:
    """Translates one function."""

    def __init__(self) -> None:
        self.origins: dict[int, ast.expr] = {}

    def block(self, body: Iterable[ast.stmt]) -> cst.IndentedBlock:
        """A suite."""
        block: cst.IndentedBlock = make.block([self._statement(statement) for statement in body])
        return block

    def _statement(self, node: ast.stmt) -> Any:
        compound = _STATEMENTS.get(type(node))
        if compound is not None:
            return compound(self, node)
        small = _SMALL.get(type(node))
        if small is None:
            raise Untranslated
        return make.line([small(self, node)])

    def _value(self, node: ast.expr) -> Any:
        translate = _EXPRESSIONS.get(type(node))
        if translate is None:
            raise Untranslated
        return translate(self, node)

    def _maybe(self, node: ast.expr | None) -> Any:
        return None if node is None else self._value(node)

    def _noted(self, node: ast.expr) -> Any:
        """An expression whose source may be asked for."""
        made = self._value(node)
        self.origins[id(made)] = node
        return made

    # -- statements -------------------------------------------------------------------------

    def _if(self, node: ast.If) -> Any:
        test, body = self._noted(node.test), self.block(node.body)
        match node.orelse:
            case [ast.If() as other]:
                return make.if_(test, body, self._if(other))
            case orelse:
                return make.if_(test, body, self._otherwise(orelse))

    def _otherwise(self, body: list[ast.stmt]) -> Any:
        return make.else_(self.block(body)) if body else None

    def _for(self, node: ast.For) -> Any:
        target, over = self._value(node.target), self._value(node.iter)
        return make.for_(target, over, self.block(node.body), self._otherwise(node.orelse))

    def _while(self, node: ast.While) -> Any:
        test = self._noted(node.test)
        return make.while_(test, self.block(node.body), self._otherwise(node.orelse))

    def _with(self, node: ast.With) -> Any:
        items = []
        for item in node.items:
            bound = item.optional_vars
            name = None if bound is None else make.as_name(self._value(bound))
            items.append(make.with_item(self._noted(item.context_expr), name))
        return make.with_(items, self.block(node.body))

    def _try(self, node: ast.Try) -> Any:
        handlers = [
            make.handler(
                self.block(one.body),
                self._maybe(one.type),
                None if one.name is None else make.as_name(make.name(one.name)),
            )
            for one in node.handlers
        ]
        last = make.finally_(self.block(node.finalbody)) if node.finalbody else None
        return make.try_(self.block(node.body), handlers, self._otherwise(node.orelse), last)

    def _function(self, node: ast.FunctionDef) -> Any:
        return make.function(make.name(node.name), make.parameters(), self.block(node.body))

    def _assign(self, node: ast.Assign) -> Any:
        value = self._value(node.value)
        return make.assign([make.target(self._value(one)) for one in node.targets], value)

    def _augmented(self, node: ast.AugAssign) -> Any:
        operator = _AUGMENTED[type(node.op)]
        return make.aug_assign(self._value(node.target), operator, self._value(node.value))

    def _delete(self, node: ast.Delete) -> Any:
        if len(node.targets) == 1:
            return make.del_(self._value(node.targets[0]))
        return make.del_(
            _DISPLAYS[ast.Tuple]([make.element(self._value(one)) for one in node.targets])
        )

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Any:
        if any(alias.name == "*" for alias in node.names):
            raise Untranslated
        aliases = [
            make.alias(
                _chain(alias.name), make.as_name(make.name(alias.asname)) if alias.asname else None
            )
            for alias in node.names
        ]
        return make.import_(aliases) if isinstance(node, ast.Import) else make.import_from(aliases)

    # -- expressions ------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Any:
        value = node.value
        match value:
            case None | bool():
                return make.name(str(value))
            case str() | bytes():
                return make.string(repr(value))
            case int():
                return make.integer(repr(value))
            case float():
                return make.float(repr(value))
            case complex():
                return make.imaginary(repr(value))
            case _:
                return make.ellipsis()

    def _formatted(self, node: ast.JoinedStr) -> Any:
        holes = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return make.formatted([make.hole(self._value(hole)) for hole in holes])

    def _call(self, node: ast.Call) -> Any:
        function = self._value(node.func)
        args = [
            make.arg(self._value(one.value), None, "*")
            if isinstance(one, ast.Starred)
            else make.arg(self._value(one), None, "")
            for one in node.args
        ]
        for keyword in node.keywords:
            value = self._value(keyword.value)
            if keyword.arg is None:
                args.append(make.arg(value, None, "**"))
            else:
                args.append(make.arg(value, make.name(keyword.arg), ""))
        return make.call(function, args)

    def _boolean(self, node: ast.BoolOp) -> Any:
        operator = _OTHERS[type(node.op)]
        first, *others = map(self._noted, node.values)
        for other in others:
            first = make.boolean(first, operator, other)
        return first

    def _comparison(self, node: ast.Compare) -> Any:
        pairs = zip(node.ops, node.comparators, strict=True)
        left = self._value(node.left)
        return make.comparison(
            left, [make.compared(_OTHERS[type(o)], self._value(c)) for o, c in pairs]
        )

    def _conditional(self, node: ast.IfExp) -> Any:
        test = self._noted(node.test)
        return make.conditional(test, self._value(node.body), self._value(node.orelse))

    def _subscript(self, node: ast.Subscript) -> Any:
        value, index = self._value(node.value), node.slice
        parts = index.elts if isinstance(index, ast.Tuple) and index.elts else [index]
        return make.subscript(value, [make.index_element(self._index(part)) for part in parts])

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            return make.slice(
                self._maybe(node.lower), self._maybe(node.upper), self._maybe(node.step)
            )
        return make.index(self._value(node))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> Any:
        return _DISPLAYS[type(node)](
            [
                make.starred(self._value(one.value))
                if isinstance(one, ast.Starred)
                else make.element(self._value(one))
                for one in node.elts
            ]
        )

    def _mapping(self, node: ast.Dict) -> Any:
        return make.dict(
            [
                make.starred_dict(self._value(value))
                if key is None
                else make.dict_element(self._value(key), self._value(value))
                for key, value in zip(node.keys, node.values, strict=True)
            ]
        )

    def _generators(self, generators: list[ast.comprehension]) -> Any:
        made = None
        for one in reversed(generators):
            if one.is_async:
                raise Untranslated
            tests = [make.comp_if(self._value(test)) for test in one.ifs]
            made = make.comp_for(self._value(one.target), self._value(one.iter), tests, made)
        return made

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Any:
        element = self._value(node.elt)
        return _COMPREHENSIONS[type(node)](element, self._generators(node.generators))

    def _dict_comprehension(self, node: ast.DictComp) -> Any:
        key, value = self._value(node.key), self._value(node.value)
        return make.dict_comp(key, value, self._generators(node.generators))


def _chain(name: str) -> Any:
    first, *others = name.split(".")
    made = make.name(first)
    for other in others:
        made = make.attribute(made, make.name(other))
    return made


def _items(names: Iterable[str]) -> list[Any]:
    return [make.name_item(make.name(name)) for name in names]


_Making = Callable[[_Maker, Any], Any]
_STATEMENTS: dict[type[ast.stmt], _Making] = {
    ast.If: _Maker._if,
    ast.For: _Maker._for,
    ast.While: _Maker._while,
    ast.With: _Maker._with,
    ast.Try: _Maker._try,
    ast.FunctionDef: _Maker._function,
}
_SMALL: dict[type[ast.stmt], _Making] = {
    ast.Expr: lambda self, node: make.expr(self._value(node.value)),
    ast.Assign: _Maker._assign,
    ast.AugAssign: _Maker._augmented,
    ast.AnnAssign: lambda self, node: make.ann_assign(
        self._value(node.target), self._maybe(node.value)
    ),
    ast.Return: lambda self, node: make.return_(self._maybe(node.value)),
    ast.Raise: lambda self, node: make.raise_(self._maybe(node.exc)),
    ast.Assert: lambda self, node: make.assertion(self._value(node.test), self._maybe(node.msg)),
    ast.Delete: _Maker._delete,
    ast.Import: _Maker._imported,
    ast.ImportFrom: _Maker._imported,
    ast.Global: lambda _, node: make.global_(_items(node.names)),
    ast.Nonlocal: lambda _, node: make.nonlocal_(_items(node.names)),
    **{kind: lambda _, node: _PLAIN[type(node)]() for kind in _PLAIN},
}
_EXPRESSIONS: dict[type[ast.expr], _Making] = {
    ast.Name: lambda _, node: make.name(node.id),
    ast.Constant: _Maker._constant,
    ast.Attribute: lambda self, node: make.attribute(self._value(node.value), make.name(node.attr)),
    ast.Call: _Maker._call,
    ast.BinOp: lambda self, node: make.binary(
        self._value(node.left), _OPERATORS[type(node.op)], self._value(node.right)
    ),
    ast.BoolOp: _Maker._boolean,
    ast.UnaryOp: lambda self, node: make.unary(_OTHERS[type(node.op)], self._value(node.operand)),
    ast.Compare: _Maker._comparison,
    ast.IfExp: _Maker._conditional,
    ast.Subscript: _Maker._subscript,
    ast.Tuple: _Maker._display,
    ast.List: _Maker._display,
    ast.Set: _Maker._display,
    ast.Dict: _Maker._mapping,
    ast.JoinedStr: _Maker._formatted,
    ast.NamedExpr: lambda self, node: make.named(self._value(node.target), self._value(node.value)),
    ast.Lambda: lambda self, node: make.lambda_(make.parameters(), self._value(node.body)),
    ast.ListComp: _Maker._comprehension,
    ast.SetComp: _Maker._comprehension,
    ast.GeneratorExp: _Maker._comprehension,
    ast.DictComp: _Maker._dict_comprehension,
}
