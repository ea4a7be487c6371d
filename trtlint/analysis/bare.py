"""LibCST trees without layout, made from ``ast``: for code that is looked at and not rewritten.

Most functions are evaluated, and searched by the rules, without anything being found: layout never
counts. LibCST's parser makes two objects of layout for each that means something, and validates
them all; the same nodes made from ``ast`` cost a fourth of that. They hold the fields that
:func:`trtlint.analysis.trees.children` walks, and cannot be rendered. In three things they are
coarser: an f-string is its holes, numbers and strings are spelled as ``repr`` does, and literals
that stand side by side are two, the second one empty.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from trtlint.analysis import bare_kinds as kinds
from trtlint.analysis import bare_nodes as make
from trtlint.analysis.names import side_by_side
from trtlint.analysis.written import name_of


class Untranslated(Exception):  # noqa: N818
    """The code holds a node that is not translated."""


def bare_function(text: str, lines: Sequence[str]) -> tuple[cst.FunctionDef, dict[int, ast.AST]]:
    """The one function that ``text`` defines, perhaps indented below an ``if``.

    Args:
        text: it starts with the function, or with the ``if``.
        lines: the same, line by line.

    Returns:
        The definition without its own signature, and by the identity of each expression and small
        statement what it was made from.

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
    maker = _Maker(lines)
    name = make.name(top.name)
    maker.origins[id(name)] = name_of(top, lines)
    body = maker.block(top.body)
    # Its signature is in the index.
    made: cst.FunctionDef = make.function(name, None, body, None, None)
    return made, maker.origins


_COMMA, _NO_COMMA = cst.Comma(), cst.MaybeSentinel.DEFAULT


class _Maker:
    def __init__(self, lines: Sequence[str]) -> None:
        self.origins: dict[int, ast.AST] = {}
        self._lines = lines

    def block(self, body: Sequence[ast.stmt]) -> Any:
        if self._shares_line(body[0]):
            return make.suite([self._small(statement) for statement in body])
        made: list[Any] = []
        for statement in body:
            compound = _STATEMENTS.get(type(statement))
            if compound is not None:
                made.append(compound(self, statement))
            elif self._shares_line(statement):
                made[-1].body.append(self._small(statement))
            else:
                made.append(make.line([self._small(statement)]))
        return make.block(made)

    def _shares_line(self, node: ast.stmt) -> bool:  # with a colon or another statement
        before = self._lines[node.lineno - 1][: node.col_offset]
        return bool(before) and not before.isspace()

    def _small(self, node: ast.stmt) -> Any:
        small = _SMALL.get(type(node))
        if small is None:
            raise Untranslated
        made = small(self, node)
        self.origins[id(made)] = node
        return made

    def _value(self, node: ast.expr) -> Any:
        translate = _EXPRESSIONS.get(type(node))
        if translate is None:
            raise Untranslated
        made = translate(self, node)
        self.origins[id(made)] = node
        return made

    def _maybe(self, node: ast.expr | None) -> Any:
        return None if node is None else self._value(node)

    # -- statements -------------------------------------------------------------------------

    def _if(self, node: ast.If) -> Any:
        test, body = self._value(node.test), self.block(node.body)
        match node.orelse:
            case [ast.If() as other] if other.col_offset == node.col_offset:
                return make.if_(test, body, self._if(other))
            case orelse:
                return make.if_(test, body, self._otherwise(orelse))

    def _otherwise(self, body: list[ast.stmt]) -> Any:
        return make.else_(self.block(body)) if body else None

    def _for(self, node: ast.For) -> Any:
        target, over = self._value(node.target), self._value(node.iter)
        return make.for_(target, over, self.block(node.body), self._otherwise(node.orelse))

    def _while(self, node: ast.While) -> Any:
        test = self._value(node.test)
        return make.while_(test, self.block(node.body), self._otherwise(node.orelse))

    def _with(self, node: ast.With) -> Any:
        items = []
        for item in node.items:
            bound = item.optional_vars
            name = None if bound is None else make.as_name(self._value(bound))
            items.append(make.with_item(self._value(item.context_expr), name))
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
        signature = self._parameters(node.args)
        made = [make.decorator(self._value(one)) for one in node.decorator_list]
        returns = self._annotation(node.returns)
        body = self.block(node.body)
        return make.function(make.name(node.name), signature, body, made, returns)

    def _parameters(self, given: ast.arguments) -> Any:
        plain = [*given.posonlyargs, *given.args]
        defaults = [*[None] * (len(plain) - len(given.defaults)), *given.defaults]
        made = [self._parameter(*one) for one in zip(plain, defaults, strict=True)]
        named = [
            self._parameter(*one) for one in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        ]
        star = None if given.vararg is None else self._parameter(given.vararg, None, "*")
        stars = None if given.kwarg is None else self._parameter(given.kwarg, None, "**")
        cut = len(given.posonlyargs)
        return make.parameters(made[cut:], star, named, stars, made[:cut])

    def _parameter(self, node: ast.arg, default: ast.expr | None, star: str = "") -> Any:
        annotation = self._annotation(node.annotation)
        return make.parameter(make.name(node.arg), annotation, self._maybe(default), star)

    def _annotation(self, node: ast.expr | None) -> Any:
        return None if node is None else make.annotation(self._value(node))

    def _assign(self, node: ast.Assign) -> Any:
        value = self._value(node.value)
        return make.assign([make.target(self._value(one)) for one in node.targets], value)

    def _augmented(self, node: ast.AugAssign) -> Any:
        operator = kinds.AUGMENTED[type(node.op)]()
        return make.aug_assign(self._value(node.target), operator, self._value(node.value))

    def _delete(self, node: ast.Delete) -> Any:
        if len(node.targets) == 1:
            return make.del_(self._value(node.targets[0]))
        return make.del_(
            kinds.DISPLAYS[ast.Tuple]([make.element(self._value(one)) for one in node.targets])
        )

    def _imported(self, node: ast.Import | ast.ImportFrom) -> Any:
        if any(alias.name == "*" for alias in node.names):
            raise Untranslated
        aliases = [
            make.alias(
                make.chain(alias.name),
                make.as_name(make.name(alias.asname)) if alias.asname else None,
            )
            for alias in node.names
        ]
        if isinstance(node, ast.Import):
            return make.import_(aliases)
        return make.import_from(make.chain(node.module) if node.module else None, aliases)

    def _raise(self, node: ast.Raise) -> Any:
        cause = None if node.cause is None else make.from_(self._value(node.cause))
        return make.raise_(self._maybe(node.exc), cause)

    # -- expressions ------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Any:
        value = node.value
        match value:
            case None | bool():
                return make.name(str(value))
            case str() | bytes():
                text = make.string(repr(value))
                together = side_by_side(node, self._lines)
                return make.concatenated(text, make.string("''")) if together else text
            case int():
                return make.integer(repr(value))
            case float():
                return make.float(repr(value))
            case complex():
                return make.imaginary(repr(value))
            case _:
                return make.ellipsis()

    def _formatted(self, node: ast.JoinedStr) -> Any:
        return make.formatted(self._holes(node))

    def _holes(self, node: ast.expr | None) -> list[Any]:
        if not isinstance(node, ast.JoinedStr):
            return []
        return [
            make.hole(self._value(part.value), self._holes(part.format_spec))
            for part in node.values
            if isinstance(part, ast.FormattedValue)
        ]

    def _call(self, node: ast.Call) -> Any:
        last = node.args[-1] if node.args else None
        if (
            node.keywords
            and isinstance(last, ast.Starred)
            and _start(last) > _start(node.keywords[0])
        ):
            raise Untranslated  # their order is not in the tree
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
        first, *others = map(self._value, node.values)
        for count, other in enumerate(others, 2):
            first = make.boolean(first, kinds.OTHERS[type(node.op)](), other)
            self.origins[id(first)] = ast.BoolOp(node.op, node.values[:count])
        return first

    def _comparison(self, node: ast.Compare) -> Any:
        pairs = zip(node.ops, node.comparators, strict=True)
        left = self._value(node.left)
        return make.comparison(
            left, [make.compared(kinds.OTHERS[type(o)](), self._value(c)) for o, c in pairs]
        )

    def _conditional(self, node: ast.IfExp) -> Any:
        test = self._value(node.test)
        return make.conditional(test, self._value(node.body), self._value(node.orelse))

    def _subscript(self, node: ast.Subscript) -> Any:
        value, index = self._value(node.value), node.slice
        if not isinstance(index, ast.Tuple) or not index.elts:
            return make.subscript(value, [make.index_element(self._index(index), _NO_COMMA)])
        first, last = index.elts[0], index.elts[-1]
        ends = (index.end_lineno, index.end_col_offset) == (last.end_lineno, last.end_col_offset)
        if _start(index) != _start(first) and not ends:
            raise Untranslated  # the tuple is in parentheses, or both its ends are
        parts = [make.index_element(self._index(part), _COMMA) for part in index.elts]
        return make.subscript(value, parts)

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            return make.slice(
                self._maybe(node.lower), self._maybe(node.upper), self._maybe(node.step)
            )
        return make.index(self._value(node))

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> Any:
        return kinds.DISPLAYS[type(node)](
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
        return kinds.COMPREHENSIONS[type(node)](element, self._generators(node.generators))

    def _dict_comprehension(self, node: ast.DictComp) -> Any:
        key, value = self._value(node.key), self._value(node.value)
        return make.dict_comp(key, value, self._generators(node.generators))


def _start(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset


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
        self._value(node.target), self._annotation(node.annotation), self._maybe(node.value)
    ),
    ast.Return: lambda self, node: make.return_(self._maybe(node.value)),
    ast.Raise: _Maker._raise,
    ast.Assert: lambda self, node: make.assertion(self._value(node.test), self._maybe(node.msg)),
    ast.Delete: _Maker._delete,
    ast.Import: _Maker._imported,
    ast.ImportFrom: _Maker._imported,
    ast.Global: lambda _, node: make.global_(_items(node.names)),
    ast.Nonlocal: lambda _, node: make.nonlocal_(_items(node.names)),
    **{kind: lambda _, node: kinds.PLAIN[type(node)]() for kind in kinds.PLAIN},
}
_EXPRESSIONS: dict[type[ast.expr], _Making] = {
    ast.Name: lambda _, node: make.name(node.id),
    ast.Constant: _Maker._constant,
    ast.Attribute: lambda self, node: make.attribute(self._value(node.value), make.name(node.attr)),
    ast.Call: _Maker._call,
    ast.BinOp: lambda self, node: make.binary(
        self._value(node.left), kinds.OPERATORS[type(node.op)](), self._value(node.right)
    ),
    ast.BoolOp: _Maker._boolean,
    ast.UnaryOp: lambda self, node: make.unary(
        kinds.OTHERS[type(node.op)](), self._value(node.operand)
    ),
    ast.Compare: _Maker._comparison,
    ast.IfExp: _Maker._conditional,
    ast.Subscript: _Maker._subscript,
    ast.Tuple: _Maker._display,
    ast.List: _Maker._display,
    ast.Set: _Maker._display,
    ast.Dict: _Maker._mapping,
    ast.JoinedStr: _Maker._formatted,
    ast.NamedExpr: lambda self, node: make.named(self._value(node.target), self._value(node.value)),
    ast.Lambda: lambda self, node: make.lambda_(
        self._parameters(node.args), self._value(node.body)
    ),
    ast.Yield: lambda self, node: make.yield_(self._maybe(node.value)),
    ast.YieldFrom: lambda self, node: make.yield_(make.from_(self._value(node.value))),
    ast.ListComp: _Maker._comprehension,
    ast.SetComp: _Maker._comprehension,
    ast.GeneratorExp: _Maker._comprehension,
    ast.DictComp: _Maker._dict_comprehension,
}
