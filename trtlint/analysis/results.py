"""Results of torch functions whose shapes are not followed, but of which the kind is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args, absent, asked_dtype, normal_axis
from trtlint.analysis.dtypes import DType
from trtlint.analysis.shapes import Shape
from trtlint.analysis.sizes import ONE
from trtlint.analysis.values import (
    ROW,
    UNKNOWN,
    Int,
    Items,
    NdArray,
    Number,
    Tensor,
    Unknown,
    Value,
    fresh,
)

# Of the shape of the tensor, and of its dtype.
_LIKE = """cumprod logcumsumexp scatter scatter_add scatter_reduce index_add
    index_copy index_fill index_reduce index_put masked_scatter fmax fmin fix bernoulli
    select_scatter slice_scatter rrelu renorm logaddexp heaviside
    """.split()
# Of the same shape, as floats.
_LIKE_FLOAT = """lgamma digamma erfinv exp2 logit asinh acosh atanh
    i0 polygamma sgn""".split()
# Of the same shape, as booleans.
_LIKE_BOOL = "isneginf isposinf signbit isreal".split()
# Of some shape, of the tensor's dtype.
_SOME = """gather index_select take take_along_dim diff diag diag_embed kron trace
    tensordot rot90 inner outer ger vdot block_diag bmm mm mv dot addmm baddbmm nansum
    nanmean quantile nanquantile msort cdist pdist cosine_similarity pairwise_distance
    masked_select""".split()


def _like(dtype: Callable[[DType | None], DType | None]) -> Callable[[Args], Value]:
    def call(args: Args) -> Value:
        tensor = args.tensor()
        if tensor is None:
            return Unknown(args.shared | {args.token})
        return fresh(tensor, args.token, dtype=dtype(tensor.dtype))

    return call


def _keep(dtype: DType | None) -> DType | None:
    return dtype


def _bool(dtype: DType | None) -> DType | None:
    return dtypes.BOOL


def _some(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return Unknown(args.shared | {args.token})
    return fresh(tensor, args.token, shape=None, exact=False)


def _view(args: Args) -> Value:
    """Of some shape, and perhaps the same memory."""
    result = _some(args)
    return replace(result, storage=args.shared) if isinstance(result, Tensor) else result


def _complex(args: Args) -> Value:
    """Complex numbers, or their parts: of some dtype."""
    result = _some(args)
    return replace(result, dtype=None) if isinstance(result, Tensor) else result


def _complex_view(args: Args) -> Value:
    """The same memory as complex numbers, or as their parts."""
    result = _complex(args)
    return replace(result, storage=args.shared) if isinstance(result, Tensor) else result


def _unbound(args: Args) -> Value:
    """Rows of the same memory, as many as the axis is long where that is a number."""
    row, tensor = _view(args), args.tensor()
    if not isinstance(row, Tensor) or tensor is None:
        return row
    named = args.get(1, "dim") is not None
    axis = args.axis(1, "dim", tensor.rank) if tensor.rank else args.integer(1, "dim")
    axis = axis if named else 0
    shape = tensor.shape if tensor.exact else None
    left = shape.without((axis,)) if shape is not None and axis is not None else None
    if shape is None or axis is None or left is None:
        return Items("tuple", None, row)
    row, length = replace(row, shape=left, exact=True), shape.dim(axis)
    count = length.constant if length is not None else None
    return Items("tuple", (row,) * count if count is not None else None, row, length)


def _reduced(tensor: Tensor, args: Args, at: int = 1, keep_at: int = 2) -> Shape | None:
    """The tensor's shape without one axis."""
    axis, keep = args.integer(at, "dim"), args.flag("keepdim", keep_at)
    if tensor.shape is None or not tensor.exact or axis is None or keep is None:
        return None
    return tensor.shape.with_dim(axis, ONE) if keep else tensor.shape.without((axis,))


def _indices(args: Args) -> Value:
    """``argmax`` and ``argmin``: over everything without a dim."""
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    if absent(args.get(1, "dim")):
        shape: Shape | None = None if args.flag("keepdim", 2) is not False else Shape()
    else:
        shape = _reduced(tensor, args)
    return fresh(tensor, args.token, shape=shape, exact=shape is not None, dtype=dtypes.INT64)


def _order(args: Args) -> Value:
    """``argsort``."""
    tensor = args.tensor()
    return fresh(tensor, args.token, dtype=dtypes.INT64) if tensor is not None else UNKNOWN


def _pair(values: Tensor, token: str) -> Value:
    indices = replace(values, dtype=dtypes.INT64, storage=frozenset({f"{token}.1"}))
    return Items("tuple", (values, indices))


def _sorted(args: Args) -> Value:
    tensor = args.tensor()
    return UNKNOWN if tensor is None else _pair(fresh(tensor, args.token), args.token)


def _topk(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    count = args.get(1, "k")
    dim = args.get(2, "dim")
    axis = normal_axis(-1, tensor.rank) if dim is None else args.axis(2, "dim", tensor.rank)
    shape = tensor.shape if tensor.exact else None
    size = count.size if isinstance(count, Int) else None
    if shape is not None and shape.rank is not None and axis is not None and size is not None:
        shape = Shape(tuple(size if i == axis else d for i, d in enumerate(shape.dims)))
    else:
        shape = None
    return _pair(fresh(tensor, args.token, shape=shape, exact=shape is not None), args.token)


def _extreme(args: Args) -> Value:
    """``max`` and ``min``: of all, of two tensors, or along a dim with indices."""
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    second = args.get(1, "dim")
    if second is None and "other" not in args.kw:
        return fresh(tensor, args.token, shape=Shape())
    if isinstance(second, Tensor) or "other" in args.kw:
        return fresh(tensor, args.token, shape=None, exact=False, dtype=None)
    if isinstance(second, Unknown):  # another tensor or a dim
        return Unknown(args.shared | {args.token})
    shape = _reduced(tensor, args)
    return _pair(fresh(tensor, args.token, shape=shape, exact=shape is not None), args.token)


def _statistic(args: Args) -> Value:
    """``median`` and the like: of all a tensor, along a dim a pair."""
    if args.get(1, "dim") is None:
        tensor = args.tensor()
        return fresh(tensor, args.token, shape=Shape()) if tensor is not None else UNKNOWN
    return _extreme(args)


def _kth(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    shape = _reduced(tensor, args, at=2, keep_at=3)
    return _pair(fresh(tensor, args.token, shape=shape, exact=shape is not None), args.token)


def _cumsum(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    whole = tensor.dtype is not None and tensor.dtype.floating is False
    unknown = tensor.dtype is None or tensor.dtype.floating is None
    dtype = dtypes.INT64 if whole else None if unknown else tensor.dtype
    return fresh(tensor, args.token, dtype=asked_dtype(args, dtype))


def positions(args: Args) -> Value:
    """``torch.where(condition)``: the indices along each dimension, rows of one new tensor."""
    row = Tensor(dtype=dtypes.INT64, storage=frozenset({args.token}), view=ROW)
    condition = args.tensor(0, "condition")
    rank = condition.rank if condition is not None else None
    return Items("tuple", (row,) * rank if rank else None, row)


def _nonzero(args: Args) -> Value:
    return positions(args) if args.flag("as_tuple") else _counted(args)


def _counted(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    return fresh(tensor, args.token, shape=None, exact=False, dtype=dtypes.INT64)


def _truth(args: Args) -> Value:
    return Number("bool")


def _matmul(args: Args) -> Value:
    tensor, other = args.tensor(), args.tensor(1, "other")
    if tensor is None:
        return UNKNOWN
    dtype = dtypes.promote(tensor.dtype, other.dtype) if other is not None else None
    return fresh(tensor, args.token, shape=None, exact=False, dtype=dtype)


def _einsum(args: Args) -> Value:
    operands = [value for value in args.pos[1:] if isinstance(value, Tensor)]
    if not operands:
        return Tensor(storage=frozenset({args.token}))
    result = fresh(operands[0], args.token, shape=None, exact=False)
    return replace(result, storage=result.storage | args.shared)  # it may only permute


def _one_hot(args: Args) -> Value:
    tensor = args.tensor()
    classes = args.get(1, "num_classes")
    if tensor is None:
        return UNKNOWN
    shape = tensor.shape if tensor.exact else None
    if shape is not None and shape.rank is not None and isinstance(classes, Int):
        shape = Shape((*shape.dims, classes.size))
    else:
        shape = None
    return fresh(tensor, args.token, shape=shape, exact=shape is not None, dtype=dtypes.INT64)


def _isin(args: Args) -> Value:
    first, second = args.get(0, "elements"), args.get(1, "test_elements")
    tensor = first if isinstance(first, Tensor) else second
    if not isinstance(tensor, Tensor):
        return UNKNOWN
    exact = tensor.exact and isinstance(first, Tensor)
    shape = tensor.shape if exact else None
    return fresh(tensor, args.token, shape=shape, exact=exact, dtype=dtypes.BOOL)


def _array(args: Args) -> Value:
    return NdArray() if args.tensor() is not None else UNKNOWN


def _from_array(args: Args) -> Value:
    known = bool(args.pos) and isinstance(args.pos[0], NdArray)
    return Tensor(storage=frozenset({args.token})) if known else UNKNOWN


def _item(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    dtype = tensor.dtype
    if dtype is not None and dtype.is_bool:
        return Number("bool")
    return Number("int" if dtype is not None and dtype.floating is False else "float")


def _tolist(args: Args) -> Value:
    """A list of numbers, or of lists of which nothing is known."""
    tensor = args.tensor()
    if tensor is None or tensor.rank == 0:
        return _item(args)
    return Items("list", None, _item(args) if tensor.rank == 1 else Items("list", None))


FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    **{name: _like(_keep) for name in _LIKE},
    **{name: _like(dtypes.as_floating) for name in _LIKE_FLOAT},
    **{name: _like(_bool) for name in _LIKE_BOOL},
    **dict.fromkeys(_SOME, _some),
    **dict.fromkeys(
        """diagonal positive unfold select movedim moveaxis swapdims t as_strided
        """.split(),
        _view,
    ),
    "unbind": _unbound,
    **dict.fromkeys(("polar", "complex"), _complex),
    **dict.fromkeys(("view_as_complex", "view_as_real"), _complex_view),
    **dict.fromkeys(("argmax", "argmin"), _indices),
    **dict.fromkeys(("cummax", "cummin", "sort"), _sorted),
    **dict.fromkeys(("max", "min"), _extreme),
    **dict.fromkeys(("median", "nanmedian", "mode"), _statistic),
    **dict.fromkeys(
        """searchsorted bucketize bincount count_nonzero multinomial argwhere
        """.split(),
        _counted,
    ),
    **dict.fromkeys(("allclose", "equal", "is_nonzero"), _truth),
    "nonzero": _nonzero,
    "item": _item,
    "tolist": _tolist,
    "numpy": _array,
    "from_numpy": _from_array,
    "argsort": _order,
    "topk": _topk,
    "kthvalue": _kth,
    "cumsum": _cumsum,
    "matmul": _matmul,
    "einsum": _einsum,
    "one_hot": _one_hot,
    "isin": _isin,
}

# As functions of torch these return one tensor with memory of its own, whatever they are given.
MAKERS = {
    *"argmax argmin argsort argwhere bincount bucketize count_nonzero cumsum isin matmul".split(),
    *"multinomial nonzero one_hot searchsorted".split(),
    *(*_LIKE, *_LIKE_FLOAT, *_LIKE_BOOL, *_SOME),
}
