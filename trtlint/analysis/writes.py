"""Writes into parts of a tensor, gathered into regions that can be rebuilt without mutation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from trtlint.analysis.selectors import NewAxis, Point, Run, Selection, select
from trtlint.analysis.sizes import Size, const
from trtlint.analysis.traced_code import TracedCode
from trtlint.analysis.trees import variables
from trtlint.analysis.values import EllipsisValue, Items, Slice, Tensor, Value


@dataclass(frozen=True, eq=False)
class SliceWrite:
    """``base[index] = value`` or ``base[index] += value`` with a basic index, or an unknown one.

    Attributes:
        line: the statement.
        target: the subscript.
        base: the tensor before the write.
        name: the local variable it is held by; None for ``self.buffer[...]`` and the like.
        value: the right-hand side.
        operator: of ``+=`` and its kin, without the ``=``; empty where the value replaces the old.
        selection: what the index selects; None if that is not known well enough.
        alone: whether the statement stands on a line of its own and does nothing else.
    """

    line: cst.SimpleStatementLine | cst.SimpleStatementSuite
    target: cst.Subscript
    base: Tensor
    name: str | None
    value: cst.BaseExpression
    operator: str
    selection: Selection | None
    alone: bool = True

    @property
    def augmented(self) -> bool:
        """Whether what is written follows from what was there."""
        return bool(self.operator)

    def bounds(self, code: TracedCode) -> Mapping[tuple[Size, Size], str]:
        """The source of every bound in the index.

        By the size of the axis that it indexes, and what it means there after clamping: ``-1`` of
        one axis is not ``-1`` of another.
        """
        if self.selection is None or self.base.shape is None:
            return {}
        found: dict[tuple[Size, Size], str] = {}
        parts = [p for p in self.target.slice if not _is_dots(p)]
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
                    if upper is not None:
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


def slice_writes(code: TracedCode) -> tuple[SliceWrite, ...]:
    """Every write into a part of a tensor, but those through masks and positions known as such."""
    return code.once("slice writes", lambda: tuple(_slice_writes(code)))


def _slice_writes(code: TracedCode) -> Iterator[SliceWrite]:
    for line in code.nodes():
        if type(line) is not cst.SimpleStatementLine and type(line) is not cst.SimpleStatementSuite:
            continue
        for small in line.body:
            for target, value, operator, sole in _targets(small):
                write = _write(code, line, target, value, operator)
                if write is not None:
                    alone = sole and isinstance(line, cst.SimpleStatementLine)
                    yield replace(write, alone=alone and len(line.body) == 1)


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
    return SliceWrite(line, target, base, name, value, operator, select(shape, index))


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


def _is_dots(part: cst.SubscriptElement) -> bool:
    return isinstance(part.slice, cst.Index) and isinstance(part.slice.value, cst.Ellipsis)


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
