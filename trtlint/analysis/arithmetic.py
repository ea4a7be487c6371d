"""Arithmetic, comparison and choice: what broadcasting and promotion make of two operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trtlint.analysis import dtypes, results
from trtlint.analysis.arguments import Args
from trtlint.analysis.dtypes import DType
from trtlint.analysis.shapes import broadcast
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Number,
    Ratio,
    Tensor,
    Value,
    fresh,
)

_BINARY = (
    """add sub subtract mul multiply maximum minimum fmod remainder pow add_ sub_ mul_""".split()
)
_DIVIDE = ["div", "divide", "true_divide", "atan2", "hypot"]
_COMPARE = """eq ne lt le gt ge not_equal less less_equal greater greater_equal isclose logical_and
    logical_or logical_xor logical_not isnan isinf isfinite""".split()


def binary(left: Value, right: Value, token: str, *, divide: bool = False) -> Value:
    """An arithmetic operator on two values of which at least one is a tensor."""
    if isinstance(right, Tensor) and not isinstance(left, Tensor):
        left, right = right, left
    if not isinstance(left, Tensor):
        return UNKNOWN
    match right:
        case Tensor():
            wide = broadcast(left.shape, right.shape)
            exact = wide.exact and left.exact and right.exact
            dtype = _tensor_dtype(left, right)
            device = left.device if left.device == right.device else _device(left, right)
            result = Tensor(wide.shape, exact, dtype, device)
        case Int() | Ratio() | Number():
            kind = "int" if isinstance(right, Int) else "float"
            if isinstance(right, Number):
                kind = right.kind
            kept = dtypes.as_floating(left.dtype) if divide else left.dtype
            result = replace(left, dtype=dtypes.with_scalar(kept, kind))
        case _:
            result = replace(left, exact=False, dtype=None)
    if divide:
        result = replace(result, dtype=dtypes.as_floating(result.dtype))
    return fresh(result, token)


def _tensor_dtype(left: Tensor, right: Tensor) -> DType | None:
    """Promotion; a tensor of no dimensions does not widen one that has some of the same kind."""
    for one, other in ((left, right), (right, left)):
        if one.rank != 0 or other.rank == 0 or one.dtype is None or other.dtype is None:
            continue
        if one.dtype.floating == other.dtype.floating and one.dtype.floating is not None:
            return other.dtype
    return dtypes.promote(left.dtype, right.dtype)


def _device(left: Tensor, right: Tensor) -> str | None:
    """Two tensors that meet are on one device, unless one has no dimensions."""
    if left.rank == 0:
        return right.device
    if right.rank == 0:
        return left.device
    return left.device if right.device is None else None


def _binary(args: Args) -> Value:
    first, second = args.get(0, "input"), args.get(1, "other")
    if first is None or second is None:
        return UNKNOWN
    return binary(first, second, args.token)


def _divide(args: Args) -> Value:
    first, second = args.get(0, "input"), args.get(1, "other")
    if first is None or second is None:
        return UNKNOWN
    return binary(first, second, args.token, divide="rounding_mode" not in args.kw)


def _compare(args: Args) -> Value:
    first, second = args.get(0, "input"), args.get(1, "other")
    result = binary(first or UNKNOWN, second or Number("int"), args.token)
    return replace(result, dtype=dtypes.BOOL) if isinstance(result, Tensor) else result


def _where(args: Args) -> Value:
    """``torch.where(condition, a, b)`` and ``a.where(condition, b)``."""
    condition, left, right = args.get(0, "condition"), args.get(1, "input"), args.get(2, "other")
    if _is_bool(left) and isinstance(condition, Tensor) and not _is_bool(condition):
        condition, left = left, condition
    if left is None or right is None:
        return UNKNOWN if args.open or left is not None else results.positions(args)
    result = binary(left, right, args.token)
    if isinstance(result, Tensor):
        if not isinstance(condition, Tensor):
            return replace(result, exact=False)
        wide = broadcast(result.shape, condition.shape)
        exact = wide.exact and result.exact and condition.exact
        return replace(result, shape=wide.shape, exact=exact)
    if not isinstance(condition, Tensor):
        return UNKNOWN
    return fresh(condition, args.token, dtype=None)  # of two numbers


def extreme(args: Args) -> Value:
    """``max`` and ``min``: of two tensors element by element, or as a reduction."""
    second = args.get(1, "other")
    if isinstance(second, Tensor):
        return _binary(args)
    return results.FUNCTIONS["max"](args)


def _is_bool(value: Value | None) -> bool:
    return isinstance(value, Tensor) and value.dtype is not None and value.dtype.is_bool


FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys(_DIVIDE, _divide),
    **dict.fromkeys(_COMPARE, _compare),
    "where": _where,
}
