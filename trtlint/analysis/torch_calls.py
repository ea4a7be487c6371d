"""Results of torch functions, Tensor methods and ``torch.nn`` layers.

One table by name serves ``torch.f(x)``, ``torch.nn.functional.f(x)`` and ``x.f()``. What is not in
a table returns a tensor of which nothing is known, if it is torch's, and may alias its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trtlint.analysis import arithmetic, creation, dtypes, reductions, reshaping, results
from trtlint.analysis.arguments import (
    Args,
    as_int,
    asked_dtype,
    device_of,
    dtype_of,
)
from trtlint.analysis.dtypes import DType
from trtlint.analysis.values import (
    OVERLAPPING,
    UNKNOWN,
    DeviceValue,
    DTypeValue,
    Int,
    Items,
    Nothing,
    Number,
    ShapeOf,
    Tensor,
    Text,
    Unknown,
    Value,
    aliases,
    fresh,
)

# Elementwise functions of one tensor that keep its dtype.
_KEEP = """abs neg negative clone relu relu6 leaky_relu hardtanh
    threshold floor ceil
    round trunc frac sign flip roll masked_fill index_fill tril triu square fliplr flipud
    nan_to_num instance_norm batch_norm layer_norm group_norm
    local_response_norm""".split()
# The same, turning integers into floats.
_FLOAT = """normalize
    sigmoid tanh exp expm1 log log2 log10 log1p sqrt rsqrt sin cos tan erf erfc reciprocal
    softmax log_softmax softmin gelu silu elu selu celu mish softplus softsign hardswish
    hardsigmoid logsigmoid tanhshrink deg2rad rad2deg logit sinc atan asin acos sinh cosh""".split()
_DROPOUT = "dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout".split()
# Functions of floating tensors that keep their dtype; their shapes are not followed.
_OPAQUE = """conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d linear
    interpolate upsample grid_sample avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d
    max_pool3d    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d""".split()
# Results that may share storage with the tensor, of the same shape and dtype.
_SAME_VIEW = "detach contiguous view_as_self requires_grad_ cpu cuda".split()
_CASTS = "half float double int long short byte char bool bfloat16".split()
_IN_PLACE = """relu_ sigmoid_ tanh_ clamp_ add_ sub_ mul_ div_ zero_ fill_ copy_ exp_ neg_ abs_
    masked_fill_ uniform_ normal_ floor_ round_ sqrt_ pow_ clamp_min_ clamp_max_""".split()


def _keep(args: Args) -> Value:
    tensor = args.tensor()
    return fresh(tensor, args.token) if tensor is not None else UNKNOWN


def _float(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    return fresh(tensor, args.token, dtype=asked_dtype(args, dtypes.as_floating(tensor.dtype)))


def _dropout(args: Args) -> Value:
    """In eval mode the input itself."""
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    return replace(fresh(tensor, args.token), storage=tensor.storage | {args.token})


def _clamp(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    dtype = tensor.dtype
    for bound in (*args.pos[1:], *args.kw.values()):
        match bound:
            case Tensor():
                dtype = dtypes.promote(dtype, bound.dtype)
            case Int() | Nothing():
                dtype = dtypes.with_scalar(dtype, "int") if isinstance(bound, Int) else dtype
            case _:
                dtype = dtypes.with_scalar(dtype, "float")
    return fresh(tensor, args.token, dtype=dtype)


def _same_view(args: Args) -> Value:
    tensor = args.tensor()
    return replace(tensor, creation=None, parameter=None) if tensor is not None else UNKNOWN


def _cast(name: str) -> Callable[[Args], Value]:
    def call(args: Args) -> Value:
        tensor = args.tensor()
        return UNKNOWN if tensor is None else _converted(tensor, dtypes.spelled(name), args)

    return call


def _converted(tensor: Tensor, dtype: DType | None, args: Args, device: str | None = "") -> Tensor:
    """A cast: the tensor itself if there is nothing to do, so it may share storage."""
    return replace(
        tensor,
        dtype=dtype,
        device=tensor.device if device == "" else device,
        storage=tensor.storage | {args.token},
        parameter=None,
    )


def _cuda(args: Args) -> Value:
    tensor = args.tensor()
    return UNKNOWN if tensor is None else _converted(tensor, tensor.dtype, args, "cuda")


def _cpu(args: Args) -> Value:
    tensor = args.tensor()
    return UNKNOWN if tensor is None else _converted(tensor, tensor.dtype, args, "cpu")


def _to(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    dtype, device = tensor.dtype, tensor.device
    for value in (*args.pos[1:], *args.kw.values()):
        match value:
            case Tensor():
                dtype, device = value.dtype, value.device
            case DeviceValue() | Text():
                device = device_of(value)
            case Number(kind="bool"):
                pass
            case DTypeValue():
                dtype = value.dtype
            case _:
                known = dtype_of(value)
                if known is None:
                    dtype, device = None, None
                else:
                    dtype = known
    return _converted(tensor, dtype, args, device)


def _type_as(args: Args) -> Value:
    tensor, other = args.tensor(), args.tensor(1, "other")
    if tensor is None:
        return UNKNOWN
    dtype = other.dtype if other is not None else None
    return _converted(tensor, dtype, args, other.device if other is not None else None)


def _expand_as(args: Args) -> Value:
    tensor, other = args.tensor(), args.tensor(1, "other")
    if tensor is None:
        return UNKNOWN
    view = reshaping.view_of(tensor, other.shape if other is not None and other.exact else None)
    return replace(view, storage=view.storage | {OVERLAPPING})


def _size(args: Args) -> Value:
    tensor = args.tensor()
    if tensor is None:
        return UNKNOWN
    if len(args.pos) == 1 and not args.kw:
        return shape_value(tensor)
    axis = args.integer(1, "dim")
    if axis is None or tensor.shape is None or not tensor.exact:
        return Number("int")
    size = tensor.shape.dim(axis)
    return Int(size) if size is not None else Number("int")


def shape_value(tensor: Tensor) -> Value:
    """``tensor.shape``."""
    if tensor.shape is None or not tensor.exact:
        return Items("size", None, Number("int"))
    if tensor.shape.rank is None:
        return ShapeOf(tensor)
    return Items("size", tuple(Int(size) for size in tensor.shape.dims))


def _dim(args: Args) -> Value:
    tensor = args.tensor()
    rank = tensor.rank if tensor is not None else None
    return as_int(rank) if rank is not None else Number("int")


def _numel(args: Args) -> Value:
    tensor = args.tensor()
    total = tensor.shape.numel() if tensor is not None and tensor.shape and tensor.exact else None
    return Int(total) if total is not None else Number("int")


def _in_place(args: Args) -> Value:
    tensor = args.tensor()
    return replace(tensor, creation=None, parameter=None) if tensor is not None else UNKNOWN


def _variable(args: Args) -> Value:
    """What became of variables: the tensor that they are made of."""
    tensor = args.tensor()
    if tensor is None:
        return Unknown(args.shared | {args.token})
    return replace(tensor, storage=tensor.storage | {args.token}, parameter=None)


def _opaque(args: Args) -> Value:
    """A tensor of which only the dtype is known, if it is the operand's and floating."""
    tensor = args.tensor()
    if tensor is None or any(_may_be_true(v) for v in (*args.pos[1:], *args.kw.values())):
        return Unknown(args.shared | {args.token})
    dtype = tensor.dtype if tensor.dtype is not None and tensor.dtype.floating else None
    return fresh(tensor, args.token, shape=None, exact=False, dtype=dtype)


FUNCTIONS: dict[str, Callable[[Args], Value]] = {
    **results.FUNCTIONS,
    **dict.fromkeys(_KEEP, _keep),
    **dict.fromkeys(_FLOAT, _float),
    **arithmetic.FUNCTIONS,
    **dict.fromkeys(("max", "min"), arithmetic.extreme),
    **reductions.FUNCTIONS,
    **dict.fromkeys(_DROPOUT, _dropout),
    **dict.fromkeys(("clamp", "clip", "clamp_min", "clamp_max"), _clamp),
    **dict.fromkeys(_SAME_VIEW, _same_view),
    **{name: _cast(name) for name in _CASTS},
    **dict.fromkeys(_IN_PLACE, _in_place),
    **{name: creation.filled(name) for name in ("zero_", "fill_")},
    "to": _to,
    "type_as": _type_as,
    "cuda": _cuda,
    "cpu": _cpu,
    **dict.fromkeys(_OPAQUE, _opaque),
    "expand_as": _expand_as,
    "view_as": _expand_as,
    "reshape_as": _expand_as,
    "size": _size,
    "dim": _dim,
    "ndimension": _dim,
    "numel": _numel,
    **creation.METHODS,
    **reshaping.FUNCTIONS,
}


# Functions of torch take tensors and return one with memory of its own, also where the analysis
# does not know what it is that they are given.
_MAKERS = (
    results.MAKERS
    | reductions.FUNCTIONS.keys()
    | {*_KEEP, *_FLOAT, *arithmetic.FUNCTIONS, "clamp", "clip"}
) - {"add_", "sub_", "mul_"}


def call_function(name: str, args: Args) -> Value:
    """The result of ``torch.<...>.name(...)``; ``name`` is qualified."""
    result = _call_function(name, args)
    if isinstance(result, Unknown) and not args.open and args.pos and "out" not in args.kw:
        module, _, last = name.rpartition(".")
        if last in _MAKERS and module in ("torch", "torch.nn.functional"):
            in_place = args.shared if module != "torch" else frozenset()  # perhaps
            return Tensor(storage=in_place | {args.token})
    return result


def _call_function(name: str, args: Args) -> Value:
    last = name.rpartition(".")[2]
    if name.startswith("torch.") and last in creation.FUNCTIONS and name.count(".") == 1:
        return creation.FUNCTIONS[last](args)
    if name in creation.TYPED:
        return creation.TYPED[name](args)
    if name in ("torch.autograd.Variable", "torch.autograd.variable.Variable"):
        return _variable(args)
    known = FUNCTIONS.get(last)
    shared = args.shared
    if known is not None and name.startswith(("torch.nn.functional.", "torch.special.")):
        result = known(args)
        switches = (*args.pos[1:], args.kw.get("inplace"))
        if isinstance(result, Tensor) and any(_may_be_true(value) for value in switches):
            return replace(result, storage=result.storage | shared)
        return result
    if known is not None and name.startswith("torch.") and name.count(".") == 1:
        return known(args)
    if name.startswith(("torch.nn.functional.", "torch.")) and last[:1].islower():
        return Unknown(shared | {args.token})
    return Unknown(shared)


def _may_be_true(value: Value | None) -> bool:
    """Whether an argument may be ``inplace=True``."""
    return isinstance(value, Unknown) or (
        isinstance(value, Number) and value.kind == "bool" and value.value is not False
    )


def call_method(name: str, args: Args) -> Value:
    """The result of ``tensor.name(...)``; the tensor is the first argument."""
    known = FUNCTIONS.get(name)
    if known is not None:
        return known(args)
    return Unknown(args.shared | {args.token})


def call_unknown_method(owner: Value, name: str, args: Args) -> Value:
    """The result of ``value.name(...)`` where nothing is known of the value.

    That of methods that only tensors have is known all the same.
    """
    if isinstance(owner, Unknown) and name in creation.METHODS:
        bound = Args((owner, *args.pos), args.kw, args.token, args.open)
        return creation.METHODS[name](bound)
    return Unknown(aliases(owner) | args.shared)
