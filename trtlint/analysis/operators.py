"""Operators and subscripts on values that are not tensors, and arithmetic on any."""

from __future__ import annotations

import libcst as cst

from trtlint.analysis.arithmetic import binary
from trtlint.analysis.sizes import ONE, Size, const, floor_div
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Nothing,
    Number,
    Ratio,
    Slice,
    Tensor,
    Unknown,
    Value,
    aliases,
    element_of,
    join,
)


def shape_item(tensor: Tensor, index: tuple[Value, ...]) -> Value:
    """``x.shape[i]`` or ``x.shape[a:b]`` where the rank is unknown."""
    match index:
        case (Int(size=size),) if size.constant is not None and tensor.shape is not None:
            dim = tensor.shape.dim(size.constant)
            return Int(dim) if dim is not None else Number("int")
        case (Slice(start=None, stop=Int(size=stop), step=None),) if (stop.constant or -1) >= 0:
            dims = [tensor.shape.dim(i) for i in range(stop.constant or 0)] if tensor.shape else []
            known = [Int(dim) for dim in dims if dim is not None]
            if len(known) == len(dims):
                return Items("size", tuple(known))
        case (Slice(start=Int(size=start), stop=None, step=None),) if (start.constant or 0) < 0:
            count = -(start.constant or 0)
            dims = [tensor.shape.dim(i - count) for i in range(count)] if tensor.shape else []
            known = [Int(dim) for dim in dims if dim is not None]
            if known and len(known) == len(dims):
                return Items("size", tuple(known))
        case (Int(),):
            return Number("int")
    return Items("size", None, Number("int"))


_OPEN = "not known"


def items_item(owner: Items, index: tuple[Value, ...]) -> Value:
    """``items[i]`` or ``items[a:b]`` of a list, tuple or size."""
    if owner.items is None:
        return owner.element if not isinstance(index[0], Slice) else owner
    match index:
        case (Int(size=size),) if size.constant is not None:
            if -len(owner.items) <= size.constant < len(owner.items):
                return owner.items[size.constant]
            return UNKNOWN
        case (Slice(start=start, stop=stop, step=step),):
            known = [_literal(bound) for bound in (start, stop, step)]
            if _OPEN in known:
                return Items(owner.kind, None, element_of(owner))
            first, last, by = (bound if isinstance(bound, int) else None for bound in known)
            return Items(owner.kind, owner.items[slice(first, last, by)])
        case _:
            return element_of(owner)


def _literal(bound: Value | None) -> int | str | None:
    if bound is None or isinstance(bound, Nothing):
        return None
    known = bound.size.constant if isinstance(bound, Int) else None
    return _OPEN if known is None else known


def binary_operation(operator: cst.BaseBinaryOp, left: Value, right: Value, token: str) -> Value:
    """``left <operator> right``."""
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if isinstance(operator, cst.MatrixMultiply):
            known = left if isinstance(left, Tensor) else right
            assert isinstance(known, Tensor)
            return Tensor(None, False, known.dtype, known.device, frozenset({token}))
        return binary(left, right, token, divide=isinstance(operator, cst.Divide))
    match left, right:
        case Int(size=a), Int(size=b):
            return _integers(operator, a, b)
        case ((Int() | Ratio() | Number()), (Int() | Ratio() | Number())):
            return _numbers(operator, left, right)
        case Items(), Items() if isinstance(operator, cst.Add):
            if left.items is not None and right.items is not None:
                return Items(
                    "tuple" if left.kind == "size" else left.kind, left.items + right.items
                )
            return Items(left.kind, None, join(element_of(left), element_of(right)))
        case Items(items=tuple() as items), Int(size=times) if isinstance(operator, cst.Multiply):
            if times.constant is not None and 0 <= times.constant <= 64:
                return Items(left.kind, items * times.constant)
            return Items(left.kind, None, element_of(left))
        case _:
            return Unknown(aliases(left) | aliases(right))


def _integers(operator: cst.BaseBinaryOp, a: Size, b: Size) -> Value:
    match operator:
        case cst.Add():
            return Int(a + b)
        case cst.Subtract():
            return Int(a - b)
        case cst.Multiply():
            return Int(a * b)
        case cst.FloorDivide():
            return Int(floor_div(a, b))
        case cst.Divide():
            return Ratio(a, b)
        case cst.Modulo():
            return Int(a - floor_div(a, b) * b)
        case cst.Power() if b.constant is not None and 0 <= b.constant <= 4:
            total = ONE
            for _ in range(b.constant):
                total = total * a
            return Int(total)
        case cst.Power() if a.constant is not None and 0 <= (b.constant or -1) <= 64:
            return Int(const(a.constant ** (b.constant or 0)))
        case _:
            return Number("int")


def _numbers(operator: cst.BaseBinaryOp, left: Value, right: Value) -> Value:
    kinds = {value.kind if isinstance(value, Number) else "int" for value in (left, right)}
    floats = "float" in kinds or isinstance(left, Ratio) or isinstance(right, Ratio)
    if isinstance(operator, cst.Multiply):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Ratio) and isinstance(other, Int):
                return Ratio(one.num * other.size, one.den)
    return Number("float" if floats or isinstance(operator, cst.Divide) else "int")
