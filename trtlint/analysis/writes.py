"""Writes into parts of a tensor: through a subscript, and through methods of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from trtlint.analysis.selectors import NewAxis, Point, Run, Selection, select
from trtlint.analysis.sizes import ZERO, Size, at_least, const
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.values import (
    UNKNOWN,
    EllipsisValue,
    Int,
    Items,
    Nothing,
    Slice,
    Tensor,
    Unknown,
    Value,
)


@dataclass(frozen=True, eq=False)
class SliceWrite:
    """``base[index] = value`` or ``base[index] += value`` with a basic index, or an unknown one.

    ``base[index].copy_(value)`` is the first, ``base[index].add_(value)`` the second; so are they
    with ``base.select(axis, i)`` and ``base.narrow(axis, start, length)`` for the subscript.

    Attributes:
        line: the statement.
        node: the subscript, or the call of the method.
        target: the subscript; of ``select`` and ``narrow`` one that means the same.
        base: the tensor before the write.
        name: the local variable it is held by; None for ``self.buffer[...]`` and the like.
        value: the right-hand side, or the method's arguments.
        stored: what the value is.
        operator: of ``+=`` and its kin, without the ``=``; ``.relu`` of a method ``relu_``; empty
            where the value replaces the old, ``?`` where there is no such form.
        selection: what the index selects; None if that is not known well enough.
        alone: whether the statement stands on a line of its own and does nothing else.
    """

    line: cst.SimpleStatementLine | cst.SimpleStatementSuite
    node: cst.BaseExpression
    target: cst.Subscript
    base: Tensor
    name: str | None
    value: cst.BaseExpression
    stored: Value
    operator: str
    selection: Selection | None
    alone: bool = True

    @property
    def augmented(self) -> bool:
        """Whether what is written follows from what was there."""
        return bool(self.operator)

    def runs(self, code: TracedCode) -> Iterator[tuple[Size, Run, str]]:
        """The source of every plain slice, with the size of the axis that it slices."""
        parts = [p.slice for p in self.target.slice if not is_dots(p)]
        found = self.selection.selectors if self.selection is not None else ()
        for part, selector in zip(parts, found, strict=False):
            if isinstance(part, cst.Slice) and isinstance(selector, Run) and selector.step == 1:
                whole = self.base.shape.dim(selector.axis) if self.base.shape else None
                low, high = (code.source(b) if b else "" for b in (part.lower, part.upper))
                if whole is not None and len(parts) == len(found):
                    yield whole, selector, f"{low}:{high}"

    def bounds(self, code: TracedCode) -> Mapping[tuple[Size, Size], str]:
        """The source of every bound in the index.

        By the size of the axis that it indexes, and what it means there after clamping: ``-1`` of
        one axis is not ``-1`` of another.
        """
        if self.selection is None or self.base.shape is None:
            return {}
        found: dict[tuple[Size, Size], str] = {}
        parts = [p for p in self.target.slice if not is_dots(p)]
        if len(parts) != len(self.selection.selectors):
            return {}  # x[(0, 1)]
        for part, selector in zip(parts, self.selection.selectors, strict=True):
            whole = None if isinstance(selector, NewAxis) else self.base.shape.dim(selector.axis)
            if whole is None:
                continue
            match part.slice, selector:
                case cst.Slice(lower=lower, upper=upper), Run():
                    if lower is not None:
                        found.setdefault((whole, selector.start), code.source(lower))
                    if upper is not None and at_least(selector.stop - selector.start, 0):
                        found.setdefault((whole, selector.stop), code.source(upper))
                case cst.Index(value=value), Point():
                    known = selector.index.constant
                    text = code.source(value)
                    found.setdefault((whole, selector.index), text)
                    if known is not None:
                        found.setdefault((whole, selector.index + const(1)), str(known + 1))
                    elif isinstance(value, cst.Name | cst.Attribute | cst.Call | cst.Subscript):
                        found.setdefault((whole, selector.index + const(1)), f"{text} + 1")
        return found


_OPERATORS: Mapping[type[cst.BaseAugOp], str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
}


# Methods that write, as operators on what was there; empty where they replace it.
_METHODS: Mapping[str, str] = {
    "copy_": "",
    "fill_": "",
    "zero_": "",
    "add_": "+",
    "sub_": "-",
    "mul_": "*",
    "div_": "/",
    "pow_": "**",
    **{
        f"{name}_": f".{name}"
        for name in """relu sigmoid tanh abs neg exp sqrt square clamp clamp_min clamp_max floor
        ceil round""".split()
    },
}
_BASIC = (Int, Slice, EllipsisValue, Nothing)


def slice_writes(code: TracedCode) -> tuple[SliceWrite, ...]:
    """Every write into a part of a tensor, but those through masks and positions known as such."""
    return code.once("slice writes", lambda: tuple(_slice_writes(code)))


def _slice_writes(code: TracedCode) -> Iterator[SliceWrite]:
    for line in code.nodes():
        if type(line) is not cst.SimpleStatementLine and type(line) is not cst.SimpleStatementSuite:
            continue
        sole = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
        for small in line.body:
            if isinstance(small, cst.Expr):
                write = _method_write(code, line, small.value)
                if write is not None:
                    yield replace(write, alone=sole)
                continue
            for target, value, operator, alone in _targets(small):
                write = _write(code, line, target, value, operator)
                if write is not None:
                    yield replace(write, alone=alone and sole)


def _targets(
    small: cst.BaseSmallStatement,
) -> Iterator[tuple[cst.Subscript, cst.BaseExpression, str, bool]]:
    """Subscripts that a statement assigns to: target, value, operator, and whether alone."""
    match small:
        case cst.Assign(targets=targets, value=value):
            sole = len(targets) == 1
            for target in targets:
                match target.target:
                    case cst.Subscript() as subscript:
                        yield subscript, value, "", sole
                    case cst.Tuple(elements=elements) | cst.List(elements=elements):
                        for element in elements:
                            if isinstance(element.value, cst.Subscript):
                                yield element.value, value, "", False
        case cst.AugAssign(target=cst.Subscript() as target, operator=operator, value=value):
            yield target, value, _OPERATORS.get(type(operator), "?"), True
        case cst.AnnAssign(target=cst.Subscript() as target, value=cst.BaseExpression() as value):
            yield target, value, "", False


def _write(
    code: TracedCode,
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    target: cst.Subscript,
    value: cst.BaseExpression,
    operator: str,
) -> SliceWrite | None:
    base = code.value(target.value)
    if not isinstance(base, Tensor):
        return None
    index = index_values(code, target)
    if not index or any(_of_elements(one) for one in index):
        return None
    name = target.value.value if isinstance(target.value, cst.Name) else None
    shape = base.shape if base.exact else None
    stored = _stored(code, value)
    chosen = select(shape, index)
    return SliceWrite(line, target, target, base, name, value, stored, operator, chosen)


def _stored(code: TracedCode, value: cst.BaseExpression) -> Value:
    """What is written. A slice of something unknown is a tensor: a list or array cannot be."""
    stored = code.value(value)
    if isinstance(stored, Unknown) and isinstance(value, cst.Subscript):
        for part in value.slice:
            if isinstance(part.slice, cst.Slice):
                return Tensor(storage=stored.aliases | {f"slice of {code.source(value.value)}"})
    return stored


def _of_elements(index: Value) -> bool:
    """Whether an index is a mask or a list of positions; of a tensor without dtype nobody knows."""
    return isinstance(index, Items) or (isinstance(index, Tensor) and index.dtype is not None)


def index_values(code: TracedCode, target: cst.Subscript) -> tuple[Value, ...]:
    """The values of a subscript's elements."""
    found: list[Value] = []
    for part in target.slice:
        match part.slice:
            case cst.Index(value=cst.Tuple(elements=elements)) if len(target.slice) == 1:
                return tuple(code.value(e.value) for e in elements)
            case cst.Index(value=value):
                found.append(
                    EllipsisValue() if isinstance(value, cst.Ellipsis) else code.value(value)
                )
            case cst.Slice(lower=lower, upper=upper, step=step):
                bounds = [code.value(b) if b is not None else None for b in (lower, upper, step)]
                found.append(Slice(*bounds))
    return tuple(found)


def is_dots(part: cst.SubscriptElement) -> bool:
    """Whether an element of a subscript is ``...``."""
    return isinstance(part.slice, cst.Index) and isinstance(part.slice.value, cst.Ellipsis)


def _method_write(
    code: TracedCode,
    line: cst.SimpleStatementLine | cst.SimpleStatementSuite,
    node: cst.BaseExpression,
) -> SliceWrite | None:
    """``y[:, 0].copy_(x)``, ``y[:, 0].zero_()``, ``y.select(1, 0).add_(x)`` and their kin."""
    match node:
        case cst.Call(func=cst.Attribute(value=part, attr=cst.Name(value=name)), args=args):
            how = _METHODS.get(name)
            if how is None or not isinstance(code.value(part), Tensor):
                return None
        case _:
            return None
    target, index = part_of(code, part)
    if target is None or not all(isinstance(one, _BASIC) for one in index):
        return None
    base = code.value(target.value)
    if not isinstance(base, Tensor) or not isinstance(target.value, cst.Name):
        return None
    plain = not any(arg.keyword is not None or arg.star for arg in args)
    stored: Value = UNKNOWN
    value: cst.BaseExpression
    if name == "zero_" and not args:
        value, stored = cst.Integer("0"), Int(ZERO)
    elif how.startswith(".") and plain:
        value = cst.Tuple([cst.Element(arg.value) for arg in args], lpar=(), rpar=())
    elif len(args) == 1 and plain:
        value = args[0].value
        stored = _stored(code, value)
    else:
        how, value = "?", node
    chosen = select(base.shape if base.exact else None, index)
    return SliceWrite(line, node, target, base, target.value.value, value, stored, how, chosen)


def part_of(
    code: TracedCode, part: cst.BaseExpression
) -> tuple[cst.Subscript | None, tuple[Value, ...]]:
    """A view of a part of a tensor as a subscript, with the values of its elements."""
    match part:
        case cst.Subscript():
            return part, index_values(code, part)
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=name)), args=args) if (
            name in ("select", "narrow")
            and len(args) == (2 if name == "select" else 3)
            and not any(arg.keyword is not None or arg.star for arg in args)
        ):
            nodes = [arg.value for arg in args]
            values = [code.value(one) for one in nodes]
            axis = values[0].size.constant if isinstance(values[0], Int) else None
            tensor = code.value(owner)
            rank = tensor.rank if isinstance(tensor, Tensor) else None
            if axis is None or (axis < 0 and rank is None):
                return None, ()
            before = axis if axis >= 0 else (rank or 0) + axis
            last, value = _range(nodes[1:], values[1:]) if name == "narrow" else (
                cst.Index(nodes[1]), values[1]
            )  # fmt: skip
            plain = [cst.SubscriptElement(cst.Slice(None, None))] * before
            empty: list[Value] = [Slice(None, None, None)] * before
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            elements = [element.with_changes(comma=comma) for element in plain]
            return cst.Subscript(owner, [*elements, cst.SubscriptElement(last)]), (*empty, value)
    return None, ()


def _range(nodes: Sequence[cst.BaseExpression], values: Sequence[Value]) -> tuple[cst.Slice, Value]:
    """``start:start + length``."""
    start, length = nodes
    match values:
        case [Int(size=first), Int(size=count)]:
            low = None if first == ZERO else start
            end: cst.BaseExpression = cst.BinaryOperation(start, cst.Add(), length)
            if first == ZERO:
                end = length
            elif first.constant is not None and count.constant is not None:
                end = cst.Integer(str(first.constant + count.constant))
            stop = Int(first + count)
            return cst.Slice(low, end), Slice(values[0] if low is not None else None, stop, None)
    return cst.Slice(start, length), UNKNOWN


def slice_writes_in(
    code: TracedCode, lines: Sequence[cst.CSTNode], name: str
) -> Iterator[SliceWrite]:
    """Writes into ``name`` that stand directly among ``lines``."""
    direct = {id(line) for line in lines}
    for write in slice_writes(code):
        if write.name == name and id(write.line) in direct and write.alone:
            yield write


def mentions(node: cst.CSTNode, name: str) -> bool:
    """Whether the variable occurs anywhere in ``node``."""
    return any(variable.value == name for variable in variables(node))


def names_in(node: cst.CSTNode) -> set[str]:
    """Variables that occur in an expression or statement."""
    return {variable.value for variable in variables(node)}
