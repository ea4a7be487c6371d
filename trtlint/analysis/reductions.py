"""Results of functions that reduce dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args, asked_dtype
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Nothing,
    Number,
    Tensor,
    Value,
    fresh,
)


def _norm(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    dtype = asked_dtype(args, tensor.dtype)
    return fresh(tensor, args.token, shape=None, exact=False, dtype=dtype)


def _deviation(args: Args) -> Value:
    """``std`` and ``var``: a second positional boolean is ``unbiased``."""
    if len(args.pos) > 2 or any(isinstance(value, Number) for value in args.pos[1:]):
        return _norm(args)
    return _reduce(args)


def _reduce(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    dim, keep = args.get(1, "dim"), args.flag("keepdim", 2)
    axes: list[int] | None
    match dim:
        case None | Nothing():
            axes = None
        case Int(size=size) if size.constant is not None:
            axes = [size.constant]
        case Items(items=tuple() as items):
            known = [i.size.constant for i in items if isinstance(i, Int)]
            axes = [k for k in known if k is not None]
            if len(axes) != len(items):
                return fresh(tensor, args.token, shape=None, exact=False)
        case _:
            return fresh(tensor, args.token, shape=None, exact=False)
    shape = tensor.shape if tensor.exact else None
    if not axes:  # an empty sequence may mean all of them
        shape = Shape() if axes is None and keep is False else None
    elif shape is not None and keep is not None:
        shape = _with_ones(shape, axes) if keep else shape.without(axes)
    else:
        shape = None
    return fresh(tensor, args.token, shape=shape, exact=shape is not None)


def _with_ones(shape: Shape, axes: Sequence[int]) -> Shape | None:
    found: Shape | None = shape
    for axis in axes:
        found = found.with_dim(axis, ONE) if found is not None else None
    return found


def _sum(args: Args) -> Value:
    result = _reduce(args)
    if not isinstance(result, Tensor):
        return result
    small = result.dtype is not None and result.dtype.floating is False
    unknown = result.dtype is None or result.dtype.floating is None
    dtype = dtypes.INT64 if small else None if unknown else result.dtype
    return replace(result, dtype=asked_dtype(args, dtype))


def _mean(args: Args) -> Value:
    result = _reduce(args)
    if not isinstance(result, Tensor):
        return result
    return replace(result, dtype=asked_dtype(args, result.dtype))


def _predicate(args: Args) -> Value:
    result = _reduce(args)
    if not isinstance(result, Tensor):
        return result
    # Of uint8, any() and all() return uint8.
    known = result.dtype is not None and result.dtype.floating is not None
    byte = known and result.dtype is not None and result.dtype.name == "uint8"
    return replace(result, dtype=None if byte or not known else dtypes.BOOL)


FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    **dict.fromkeys("amax amin logsumexp".split(), _reduce),
    **dict.fromkeys(("sum", "prod"), _sum),
    **dict.fromkeys(("all", "any"), _predicate),
    **dict.fromkeys(("std", "var"), _deviation),
    "mean": _mean,
    "norm": _norm,
}
