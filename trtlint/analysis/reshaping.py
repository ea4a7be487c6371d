"""Results of functions that rearrange elements: views, permutations, joins, splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args, as_int, normal_axis, shape_of_items
from trtlint.analysis.dtypes import DType
from trtlint.analysis.selectors import select
from trtlint.analysis.shapes import Shape, fresh_dims
from trtlint.analysis.sizes import ONE, Size, at_least, const, floor_div
from trtlint.analysis.values import (
    OVERLAPPING,
    UNKNOWN,
    DTypeValue,
    Int,
    Items,
    Tensor,
    Value,
    fresh,
)


def view_of(tensor: Tensor, shape: Shape | None) -> Tensor:
    """A tensor of another shape that may share ``tensor``'s storage."""
    return replace(tensor, shape=shape, exact=shape is not None, creation=None, parameter=None)


def _on_shape(compute: Callable[[Shape, Args], Shape | None]) -> Callable[[Args], Value]:
    """A view whose shape follows from an exactly known one."""

    def call(args: Args) -> Value:
        tensor = args.tensor()
        if tensor is None:
            return UNKNOWN
        shape = tensor.shape if tensor.exact else None
        return view_of(tensor, None if shape is None else compute(shape, args))

    return call


def _view(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    for value in (*args.pos[1:], *args.kw.values()):
        if isinstance(value, DTypeValue):
            return Tensor(None, False, value.dtype, tensor.device, tensor.storage)
    asked = args.sizes(1, "shape") if len(args.pos) > 1 or args.kw else None
    if asked is None:
        return view_of(tensor, _of_rank(args))
    numel = tensor.shape.numel() if tensor.shape is not None and tensor.exact else None
    return view_of(tensor, infer_size(asked, numel, args.token))


def _of_rank(args: Args) -> Shape | None:
    """As many dimensions as sizes are given, where some size is not known to be an integer.

    Several arguments, or the elements of one sequence, can be nothing but integers.
    """
    given = args.pos[1:]
    match given:
        case (Items(items=tuple() as items),):
            given = items
        case [] | [_]:
            return None
    if args.open or args.kw:
        return None
    fresh_ones = fresh_dims(args.token, len(given))
    known = [value.size if isinstance(value, Int) else None for value in given]
    return Shape(
        tuple(
            one if size is None or not at_least(size, 0) else size
            for size, one in zip(known, fresh_ones, strict=True)
        )
    )


def infer_size(asked: Shape, numel: Size | None, token: str) -> Shape | None:
    """``asked`` with its ``-1`` replaced by what is left of ``numel`` elements."""
    holes = [i for i, size in enumerate(asked.dims) if size.constant == -1]
    if not holes:
        return asked
    if asked.rest is not None or len(holes) > 1:
        return None
    others = ONE
    for i, size in enumerate(asked.dims):
        if i != holes[0]:
            others = others * size
    left = divide(numel, others) if numel is not None else None
    (unknown,) = fresh_dims(token, 1)
    dims = list(asked.dims)
    dims[holes[0]] = left if left is not None else unknown
    return Shape(tuple(dims))


def divide(num: Size, den: Size) -> Size | None:
    """``num / den`` where ``den`` is one product that divides every term of ``num``."""
    if len(den.terms) != 1:
        return ONE if num == den else None
    (mono, coef), terms = den.terms[0], {}
    for product, factor in num.terms:
        left = list(product)
        for one in mono:
            if one not in left:
                return None
            left.remove(one)
        if factor % coef:
            return None
        terms[tuple(left)] = factor // coef
    return Size.build(terms)


def _permute(shape: Shape, args: Args) -> Shape | None:
    order = args.sizes(1, "dims")
    if order is None or shape.rank is None or len(order.dims) != shape.rank:
        return None
    axes = [normal_axis(size.constant, shape.rank) for size in order.dims]
    dims = [shape.dims[axis] for axis in axes if axis is not None]
    return Shape(tuple(dims)) if len(dims) == shape.rank else None


def _transpose(shape: Shape, args: Args) -> Shape | None:
    first, second = args.integer(1, "dim0"), args.integer(2, "dim1")
    if first is None or second is None:
        return None
    a, b = shape.dim(first), shape.dim(second)
    if a is None or b is None:
        return None
    swapped = shape.with_dim(first, b)
    return swapped.with_dim(second, a) if swapped is not None else None


def _flatten(shape: Shape, args: Args) -> Shape | None:
    if shape.rank is None:
        return None
    start = 0 if args.get(1, "start_dim") is None else args.axis(1, "start_dim", shape.rank)
    end = shape.rank - 1 if args.get(2, "end_dim") is None else args.axis(2, "end_dim", shape.rank)
    if start is None or end is None:
        return None
    size = ONE
    for dim in shape.dims[start : end + 1]:
        size = size * dim
    return Shape((*shape.dims[:start], size, *shape.dims[end + 1 :]))


def _unflatten(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    sizes, axis = args.get(2, "sizes"), args.integer(1, "dim")
    inner = shape_of_items(sizes) if isinstance(sizes, Items) else None
    shape = tensor.shape if tensor.exact else None
    if shape is None or inner is None or axis is None or shape.dim(axis) is None:
        return view_of(tensor, None)
    filled = infer_size(inner, shape.dim(axis), args.token)
    spelled = shape.spell(axis)
    if filled is None or spelled is None:
        return view_of(tensor, None)
    if axis >= 0:
        dims = (*spelled.dims[:axis], *filled.dims, *spelled.dims[axis + 1 :])
        return view_of(tensor, Shape.build(dims, spelled.rest, spelled.last))
    if spelled.rest is None:
        at = len(spelled.dims) + axis
        dims = (*spelled.dims[:at], *filled.dims, *spelled.dims[at + 1 :])
        return view_of(tensor, Shape(dims))
    return view_of(tensor, None)


def _unsqueeze(shape: Shape, args: Args) -> Shape | None:
    axis = args.integer(1, "dim")
    if axis is None:
        return None
    if shape.rank is None:
        if axis < 0 or axis > len(shape.dims):
            return None
        return Shape.build((*shape.dims[:axis], ONE, *shape.dims[axis:]), shape.rest, shape.last)
    axis = axis + shape.rank + 1 if axis < 0 else axis
    return Shape((*shape.dims[:axis], ONE, *shape.dims[axis:]))


def _squeeze(shape: Shape, args: Args) -> Shape | None:
    if shape.rank is None:
        return None
    axis = args.axis(1, "dim", shape.rank)
    if axis is None or shape.dims[axis].constant is None:
        return None
    if shape.dims[axis] != ONE:
        return shape
    return Shape((*shape.dims[:axis], *shape.dims[axis + 1 :]))


def _expand(shape: Shape, args: Args) -> Shape | None:
    asked = args.sizes(1, "size")
    if asked is None or shape.rank is None or asked.rank is None or asked.rank < shape.rank:
        return None
    lead = asked.rank - shape.rank
    dims = [
        shape.dims[i - lead] if size.constant == -1 and i >= lead else size
        for i, size in enumerate(asked.dims)
    ]
    return Shape(tuple(dims))


def _expanded(args: Args) -> Value:
    view = _on_shape(_expand)(args)
    if not isinstance(view, Tensor):
        return view
    return replace(view, storage=view.storage | {OVERLAPPING})


def _repeat(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    times, shape = args.sizes(1, "repeats"), tensor.shape if tensor.exact else None
    result = None
    if times is not None and shape is not None and shape.rank is not None:
        lead = len(times.dims) - shape.rank
        if lead >= 0:
            padded = (ONE,) * lead + shape.dims
            result = Shape(tuple(a * b for a, b in zip(padded, times.dims, strict=True)))
    return fresh(tensor, args.token, shape=result, exact=result is not None)


def _parts(args: Args, name: str = "tensors") -> list[Tensor] | None:
    value = args.get(0, name)
    if not isinstance(value, Items) or not value.items:
        return None
    parts = [item for item in value.items if isinstance(item, Tensor)]
    return parts if len(parts) == len(value.items) else None


def _joined_dtype(parts: list[Tensor]) -> DType | None:
    dtype = parts[0].dtype
    for part in parts[1:]:
        dtype = dtypes.promote(dtype, part.dtype)
    return dtype


def _cat(args: Args) -> Value:
    parts = _parts(args)
    if parts is None:
        return Tensor(storage=frozenset({args.token}))
    axis = args.integer(1, "dim") if args.get(1, "dim") is not None else 0
    shape: Shape | None = parts[0].shape
    total: Size | None = None
    for part in parts:
        known = part.shape.dim(axis) if part.shape is not None and axis is not None else None
        if known is None or not part.exact:
            shape = None
            break
        total = known if total is None else total + known
    if shape is not None and axis is not None and total is not None:
        shape = shape.with_dim(axis, total)
    return fresh(
        parts[0], args.token, shape=shape, exact=shape is not None, dtype=_joined_dtype(parts)
    )


def _stack(args: Args) -> Value:
    parts = _parts(args)
    if parts is None:
        return Tensor(storage=frozenset({args.token}))
    axis = args.get(1, "dim")
    shape = parts[0].shape if parts[0].exact else None
    if shape is not None:
        shape = _unsqueeze(shape, Args((parts[0], axis if axis is not None else as_int(0))))
    if shape is not None:
        position = args.integer(1, "dim") if axis is not None else 0
        shape = shape.with_dim(position, const(len(parts))) if position is not None else None
    return fresh(
        parts[0], args.token, shape=shape, exact=shape is not None, dtype=_joined_dtype(parts)
    )


def _chunk(args: Args) -> Value:
    tensor, count = args.tensor(), args.integer(1, "chunks")
    if tensor is None:
        return UNKNOWN
    axis = args.integer(2, "dim") if args.get(2, "dim") is not None else 0
    shape = tensor.shape if tensor.exact else None
    size = shape.dim(axis) if shape is not None and axis is not None else None
    if shape is None or size is None or count is None or axis is None:
        return Items("tuple", None, view_of(tensor, None))
    each = floor_div(size + const(count - 1), const(count))
    if each * const(count) != size:
        return Items("tuple", None, view_of(tensor, None))
    part = view_of(tensor, shape.with_dim(axis, each))
    return Items("tuple", (part,) * count)


def _split(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    sizes = args.get(1, "split_size_or_sections") or args.kw.get("split_size")
    axis = args.integer(2, "dim") if args.get(2, "dim") is not None else 0
    known = shape_of_items(sizes) if isinstance(sizes, Items) else None
    if known is None or axis is None or tensor.shape is None or not tensor.exact:
        return Items("tuple", None, view_of(tensor, None))
    return Items(
        "tuple", tuple(view_of(tensor, tensor.shape.with_dim(axis, size)) for size in known.dims)
    )


def _narrow(shape: Shape, args: Args) -> Shape | None:
    axis, length = args.integer(1, "dim"), args.get(3, "length")
    known = shape_of_items(Items("tuple", (length,))) if length is not None else None
    return shape.with_dim(axis, known.dims[0]) if axis is not None and known else None


def _pad(args: Args) -> Value:
    tensor, amounts = args.tensor(), args.get(1, "pad")
    if tensor is None:
        return UNKNOWN
    known = shape_of_items(amounts) if isinstance(amounts, Items) else None
    shape: Shape | None = tensor.shape if tensor.exact else None
    if known is None or shape is None:
        return fresh(tensor, args.token, shape=None, exact=False)
    pairs = zip(known.dims[::2], known.dims[1::2], strict=False)
    for axis, (before, after) in enumerate(pairs, start=1):
        size = shape.dim(-axis) if shape is not None else None
        shape = (
            None if shape is None or size is None else shape.with_dim(-axis, size + before + after)
        )
    return fresh(tensor, args.token, shape=shape, exact=shape is not None)


def _shuffle(up: bool) -> Callable[[Args], Value]:
    def call(args: Args) -> Value:
        tensor, factor = (
            args.tensor(),
            args.integer(1, "upscale_factor" if up else "downscale_factor"),
        )
        if tensor is None:
            return UNKNOWN
        shape: Shape | None = None
        if factor and tensor.rank is not None and tensor.rank >= 3 and tensor.shape is not None:
            *lead, c, h, w = tensor.shape.dims
            r = const(factor)
            if up:
                shape = Shape((*lead, floor_div(c, r * r), h * r, w * r))
            else:
                shape = Shape((*lead, c * r * r, floor_div(h, r), floor_div(w, r)))
        return fresh(tensor, args.token, shape=shape, exact=shape is not None)

    return call


def subscript(tensor: Tensor, index: tuple[Value, ...], token: str) -> Value:
    """``tensor[index]``: a view for basic indices, a copy for advanced ones."""
    chosen = select(tensor.shape, index)
    if chosen is not None:
        view = view_of(tensor, chosen.shape)
        return replace(view, exact=tensor.exact)
    if any(isinstance(value, Tensor | Items) for value in index):
        return Tensor(None, False, tensor.dtype, tensor.device, frozenset({token}))
    return Tensor(None, False, tensor.dtype, tensor.device, tensor.storage | {token})


FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    "view": _view,
    "reshape": _view,
    "permute": _on_shape(_permute),
    "transpose": _on_shape(_transpose),
    "swapaxes": _on_shape(_transpose),
    "flatten": _on_shape(_flatten),
    "unflatten": _unflatten,
    "unsqueeze": _on_shape(_unsqueeze),
    "squeeze": _on_shape(_squeeze),
    "expand": _expanded,
    "broadcast_to": _expanded,
    "narrow": _on_shape(_narrow),
    "repeat": _repeat,
    "cat": _cat,
    "concat": _cat,
    "stack": _stack,
    "chunk": _chunk,
    "split": _split,
    "pad": _pad,
    "pixel_shuffle": _shuffle(True),
    "pixel_unshuffle": _shuffle(False),
}
