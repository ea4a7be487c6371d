"""Writing expressions as source, broken over lines where they are long."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

WIDTH = 88


@dataclass(frozen=True)
class CallText:
    """``head(args)tail``; an empty head makes a tuple."""

    head: str
    args: tuple[Text, ...]
    tail: str = ""

    def __str__(self) -> str:
        comma = "," if not self.head and len(self.args) == 1 else ""
        return f"{self.head}({', '.join(map(str, self.args))}{comma}){self.tail}"


@dataclass(frozen=True)
class SumText:
    """``(a + b + c)tail``."""

    parts: tuple[Text, ...]
    tail: str = ""

    def __str__(self) -> str:
        return f"({' + '.join(map(str, self.parts))}){self.tail}"


Text = str | CallText | SumText


def layout(target: str, value: Text, indent: int) -> str:
    """``target = value``, over several lines if it does not fit.

    Args:
        target: what is assigned to; may be empty for a bare expression.
        value: the expression.
        indent: columns of the block that the statement goes into; the result itself is not
            indented.
    """
    prefix = f"{target} = " if target else ""
    return prefix + _lines(value, len(prefix), 0, WIDTH - indent)


def _lines(value: Text, column: int, level: int, width: int) -> str:
    flat = str(value)
    if isinstance(value, str) and '"""' not in flat and "'''" not in flat:
        return flat.replace("\n", "\n" + " " * (4 * level))
    if isinstance(value, str) or (column + len(flat) <= width and "\n" not in flat):
        return flat
    pad, inner = " " * (4 * level), " " * (4 * level + 4)
    if isinstance(value, SumText):
        parts = [_lines(p, len(inner) + 2, level + 1, width) for p in value.parts]
        body = f"\n{inner}+ ".join(parts)
        return f"(\n{inner}{body}\n{pad}){value.tail}"
    args = [_lines(arg, len(inner) + 1, level + 1, width) for arg in value.args]
    body = "".join(f"{inner}{arg},\n" for arg in args)
    return f"{value.head}(\n{body}{pad}){value.tail}"


def call(head: str, *args: Text, tail: str = "") -> CallText:
    """A call, or a tuple if ``head`` is empty."""
    return CallText(head, args, tail)


def sequence(items: Sequence[Text]) -> CallText:
    """A tuple."""
    return CallText("", tuple(items))


def tailed(value: Text, tail: str) -> Text:
    """``value`` with method calls behind it."""
    if isinstance(value, str):
        return f"{value}{tail}"
    return replace(value, tail=value.tail + tail)


def tightness(node: cst.CSTNode) -> int:
    """How tightly an expression holds together: one needs brackets within what is tighter."""
    match node:
        case cst.BinaryOperation(operator=sign):
            return next((i for i, signs in enumerate(_SIGNS, 5) if isinstance(sign, signs)), 0)
        case cst.Comparison() | cst.ComparisonTarget():
            return 4
        case cst.IfExp() | cst.Lambda() | cst.NamedExpr() | cst.Tuple() | cst.Yield():
            return 0
        case cst.BooleanOperation() | cst.UnaryOperation() | cst.Await():
            return 1
    return 5 + len(_SIGNS)


# Loosest first; between comparisons and calls.
_SIGNS = (
    cst.BitOr,
    cst.BitXor,
    cst.BitAnd,
    cst.LeftShift | cst.RightShift,
    cst.Add | cst.Subtract,
    cst.Multiply | cst.Divide | cst.FloorDivide | cst.Modulo | cst.MatrixMultiply,
    cst.Power,
)


def primary(source: str, node: cst.BaseExpression | None) -> str:
    """``source`` so that a method call can follow it."""
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    bare = (simple and _stands_alone(source)) or (node is not None and bool(node.lpar))
    return source if bare else f"({source})"


def _stands_alone(source: str) -> bool:
    """Whether it needs no brackets around it for running over several lines."""
    if "\n" not in source:
        return True
    try:
        ast.parse(source, mode="eval")
    except SyntaxError:
        return False
    return True
