"""Results of functions that make tensors out of nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trtlint.analysis import dtypes
from trtlint.analysis.arguments import Args, absent, device_of, dtype_of
from trtlint.analysis.dtypes import DType
from trtlint.analysis.shapes import Shape, closed
from trtlint.analysis.sizes import ZERO, clamp_low, const, floor_div
from trtlint.analysis.values import (
    UNKNOWN,
    Creation,
    Int,
    Items,
    Number,
    Ratio,
    ShapeOf,
    Tensor,
    Unknown,
    Value,
)

_FILLS = {"zeros": 0.0, "ones": 1.0, "empty": None, "rand": None, "randn": None}
# Functions whose content is the same at every call.
_ANY = Tensor()  # what a function or method is given that takes a tensor
_CONSTANT = {"zeros", "ones", "full", "arange", "linspace", "eye", "tensor", "as_tensor"}


def _made(
    name: str, args: Args, shape: Shape | None, dtype: DType | None, fill: float | None = None
) -> Tensor:
    """A tensor on its ``device=``, or where torch puts tensors by default."""
    asked = args.kw.get("dtype")
    device = args.kw.get("device")
    static = (
        name in _CONSTANT
        and shape is not None
        and shape.rank is not None
        and all(size.constant is not None for size in shape.dims)
    )
    return Tensor(
        shape,
        shape is not None,
        dtype if absent(asked) else dtype_of(asked),
        "cpu" if absent(device) else device_of(device),
        frozenset({args.token}),
        Creation(name, fill, static),
    )


def _sized(name: str) -> Callable[[Args], Value]:
    def make(args: Args) -> Value:
        return _made(name, args, args.sizes(0, "size"), dtypes.DEFAULT, _FILLS[name])

    return make


def _full(args: Args) -> Value:
    fill = args.get(1, "fill_value")
    value, dtype = _scalar(fill)
    size = args.get(0, "size")
    shape = Args((size,)).sizes(0, "size") if size is not None else None
    return _made("full", args, shape, dtype, value)


_EXACT = 2**53  # beyond it a double, which F.pad and its kin take, skips integers


def _scalar(value: Value | None) -> tuple[float | None, DType | None]:
    """A scalar's number and the dtype torch gives it."""
    match value:
        case Int(size=size):
            known = size.constant
            exact = known is not None and abs(known) <= _EXACT
            return (known if exact else None), dtypes.INT64
        case Number(kind="bool", value=known):
            return known, dtypes.BOOL
        case Number(kind="float", value=known):
            return known, dtypes.DEFAULT
        case Number(kind="int"):
            return None, dtypes.INT64
        case Ratio():
            return None, dtypes.DEFAULT
        case _:
            return None, None


def _arange(args: Args) -> Value:
    bounds = [v for v in args.pos if v is not None]
    start, stop, step = ZERO, None, 1
    match bounds:
        case [Int(size=size)]:
            stop = size
        case [Int(size=first), Int(size=size)]:
            start, stop = first, size
        case [Int(size=first), Int(size=size), Int(size=by)] if (by.constant or 0) > 0:
            start, stop, step = first, size, by.constant or 1
    floats = any(not isinstance(b, Int) and _scalar(b)[1] == dtypes.DEFAULT for b in bounds)
    ints = all(_scalar(b)[1] == dtypes.INT64 for b in bounds)
    dtype = dtypes.DEFAULT if floats else dtypes.INT64 if ints else None
    if stop is None:
        return _made("arange", args, None, dtype)
    length = clamp_low(stop - start)
    if step != 1:
        length = floor_div(length + const(step - 1), const(step))
    return _made("arange", args, Shape((length,)), dtype)


def _linspace(args: Args) -> Value:
    steps = args.get(2, "steps")
    shape = Shape((steps.size,)) if isinstance(steps, Int) else None
    return _made("linspace", args, shape, dtypes.DEFAULT)


def _eye(args: Args) -> Value:
    rows, columns = args.get(0, "n"), args.get(1, "m")
    if not isinstance(rows, Int) or not (columns is None or isinstance(columns, Int)):
        return _made("eye", args, None, dtypes.DEFAULT)
    across = columns.size if isinstance(columns, Int) else rows.size
    return _made("eye", args, Shape((rows.size, across)), dtypes.DEFAULT)


def _tensor(args: Args) -> Value:
    data = args.get(0, "data")
    if isinstance(data, Tensor):  # as_tensor() may return it, tensor() copies it
        return replace(data, storage=data.storage | {args.token}, creation=None, parameter=None)
    shape, dtype = _literal(data)
    made = _made("tensor", args, shape, dtype)
    if made.creation is not None and not _is_constant(data):
        made = _made("tensor", args, None, dtype)
    return made


def _literal(data: Value | None) -> tuple[Shape | None, DType | None]:
    """Shape and dtype of nested lists of numbers."""
    if not isinstance(data, Items):
        _, dtype = _scalar(data)
        return (Shape(), dtype) if dtype else (None, None)
    if not data.items:
        return (closed(0), dtypes.DEFAULT) if data.items is not None else (None, None)
    parts = [_literal(item) for item in data.items]
    inner, dtype = parts[0]
    if inner is None or any(shape != inner for shape, _ in parts):
        return None, None
    for _, other in parts[1:]:
        dtype = dtypes.promote(dtype, other)
    return Shape((*closed(len(data.items)).dims, *inner.dims)), dtype


def _is_constant(data: Value | None) -> bool:
    match data:
        case Items(items=tuple() as items):
            return all(map(_is_constant, items))
        case Int(size=size):
            return size.constant is not None
        case Number(value=value):
            return value is not None
        case _:
            return False


def _like(name: str) -> Callable[[Args], Value]:
    def make(args: Args) -> Value:
        model = args.tensor() or _ANY
        fill = _scalar(args.get(1, "fill_value"))[0] if name == "full" else _FILLS[name]
        made = _made(f"{name}_like", args, model.shape, model.dtype, fill)
        device = made.device if "device" in args.kw else model.device
        return Tensor(made.shape, model.exact, made.dtype, device, made.storage, made.creation)

    return make


def _new(name: str) -> Callable[[Args], Value]:
    def make(args: Args) -> Value:
        model = args.tensor() or _ANY
        rest = Args(args.pos[1:], args.kw, args.token, args.open)
        if name == "full":
            size = rest.get(0, "size")
            shape = Args((size,)).sizes(0, "size") if size is not None else None
            fill = _scalar(rest.get(1, "fill_value"))[0]
        elif name == "tensor":
            shape, fill = _literal(rest.get(0, "data"))[0], None
        else:
            shape, fill = rest.sizes(0, "size"), _FILLS[name]
        made = _made(f"new_{name}", args, shape, model.dtype, fill)
        device = made.device if "device" in args.kw else model.device
        return Tensor(made.shape, made.exact, made.dtype, device, made.storage, made.creation)

    return make


def filled(name: str) -> Callable[[Args], Value]:
    """``zero_`` or ``fill_``: what was just made now holds that number."""

    def fill(args: Args) -> Value:
        tensor = args.tensor()
        if tensor is None:
            return UNKNOWN
        number = 0.0 if name == "zero_" else _scalar(args.get(1, "value"))[0]
        made = tensor.creation if number is not None else None
        return replace(tensor, creation=made and replace(made, fill=number), parameter=None)

    return fill


def _shared(args: Args) -> Value:
    """A tensor over memory that something else owns."""
    return Tensor(None, False, None, "cpu", frozenset({args.token, "foreign memory"}))


def _typed(dtype: DType | None, device: str) -> Callable[[Args], Value]:
    """``torch.FloatTensor(2, 3)``: sizes make memory of that kind, anything else is data."""

    def make(args: Args) -> Value:
        sizes = bool(args.pos) and all(isinstance(one, Int) for one in args.pos)
        if args.open or not (sizes or isinstance(args.get(0, "size"), ShapeOf)):
            return Unknown(args.shared)
        made = _made("empty", args, args.sizes(0, "size"), dtype)
        return replace(made, device=device)

    return make


_KINDS = {
    "FloatTensor": "float",
    "DoubleTensor": "double",
    "HalfTensor": "half",
    "LongTensor": "long",
    "IntTensor": "int",
}
# By qualified name, the constructors of typed tensors.
TYPED: dict[str, Callable[[Args], Value]] = {
    f"torch.{module}{name}": _typed(dtypes.spelled(dtype), device)
    for name, dtype in _KINDS.items()
    for module, device in (("", "cpu"), ("cuda.", "cuda"))
}
FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    **{name: _sized(name) for name in _FILLS},
    **{f"{name}_like": _like(name) for name in (*_FILLS, "full")},
    "full": _full,
    "arange": _arange,
    "linspace": _linspace,
    "eye": _eye,
    "tensor": _tensor,
    "as_tensor": _tensor,
    "asarray": _tensor,
    "from_numpy": _shared,
}
METHODS: dict[str, Callable[[Args], Value]] = {
    f"new_{name}": _new(name) for name in ("zeros", "ones", "empty", "full", "tensor")
}
