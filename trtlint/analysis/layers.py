"""Results of calling ``torch.nn`` layers.

Layers with weights return the model's dtype. Where the arithmetic of a layer's output size is not
modelled, its dimensions are unknown positive integers, named after the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from trtlint.analysis import dtypes, torch_calls
from trtlint.analysis.arguments import Args
from trtlint.analysis.shapes import Shape, fresh_dims
from trtlint.analysis.sizes import Size, const, floor_div
from trtlint.analysis.values import (
    UNKNOWN,
    Int,
    Items,
    Module,
    Number,
    Ratio,
    Tensor,
    Text,
    Unknown,
    Value,
    fresh,
)

# Layers that return their input's shape and dtype, by the functional form that does the same.
_ACTIVATIONS = {
    "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "GELU": "gelu", "SiLU": "silu", "ELU": "elu", "SELU": "selu", "CELU": "celu", "Mish": "mish",
    "Softplus": "softplus", "Hardswish": "hardswish", "Hardsigmoid": "hardsigmoid",
    "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "PReLU": "relu",
    "Hardtanh": "hardtanh", "Threshold": "threshold",
}  # fmt: skip
_SAME = (
    """BatchNorm LayerNorm GroupNorm InstanceNorm SyncBatchNorm LocalResponseNorm RMSNorm""".split()
)


def argument(layer: Module, position: int, name: str) -> Value | None:
    """A constructor argument of the layer."""
    kwargs: Mapping[str, Value] = dict(layer.kwargs)
    return layer.args[position] if position < len(layer.args) else kwargs.get(name)


def may_be_in_place(layer: Module) -> bool:
    """Whether the layer, or one inside it, may write into its input.

    ``inplace`` stands at different positions; no activation takes another boolean that is true.
    """
    if layer.project:
        return True
    values = (*layer.args, *(value for _, value in layer.kwargs))
    name = layer.type.rpartition(".")[2]
    if name in ("Sequential", "ModuleList", "ModuleDict"):
        return not all(isinstance(v, Module) and not may_be_in_place(v) for v in layer.args)
    given = dict(layer.kwargs).get("inplace")
    if given is not None:
        return not (isinstance(given, Number) and given.value is False)
    if name in _ACTIVATIONS or "Dropout" in name:
        return not all(isinstance(v, Int | Ratio | Text) or _is_false(v) for v in values)
    return False


def _is_false(value: Value) -> bool:
    return isinstance(value, Number) and value.value is not True and value.kind != "int"


def _size(layer: Module, position: int, name: str) -> Size | None:
    value = argument(layer, position, name)
    return value.size if isinstance(value, Int) else None


def call_layer(layer: Module, args: Args, call: Callable[[Value, Args], Value]) -> Value:
    """The result of ``layer(*args)``; ``call`` calls a nested module."""
    name = layer.type.rpartition(".")[2]
    tensor = args.tensor()
    if name == "Sequential":
        value: Value = args.pos[0] if args.pos else UNKNOWN
        for i, child in enumerate(layer.args):
            value = call(child, Args((value,), token=f"{args.token}.{i}"))
        return value if layer.args else Unknown(args.shared)
    if tensor is None:
        return Unknown(args.shared | {args.token})
    if name in _ACTIVATIONS:
        result = torch_calls.FUNCTIONS[_ACTIVATIONS[name]](Args((tensor,), token=args.token))
        if isinstance(result, Tensor) and may_be_in_place(layer):
            return replace(result, storage=result.storage | tensor.storage)
        return result
    if name.startswith(("Dropout", "AlphaDropout", "FeatureAlphaDropout")) or name == "Identity":
        return replace(tensor, creation=None, parameter=None)  # eval mode: the input itself
    if name.startswith(tuple(_SAME)) or name.startswith("LazyBatchNorm"):
        own = "dtype" in dict(layer.kwargs)
        return fresh(tensor, args.token, dtype=None if own else dtypes.MODEL)
    handler = _LAYERS.get(name) if not _may_return_places(layer, name) else None
    if handler is not None:
        shape = handler(layer, tensor, args.token)
        result = fresh(tensor, args.token, shape=shape, exact=shape is not None)
        if name == "Flatten":
            return replace(result, storage=tensor.storage)
        if "dtype" in dict(layer.kwargs):
            return replace(result, dtype=None)
        return result if name in _KEEP_DTYPE else replace(result, dtype=dtypes.MODEL)
    return Unknown(args.shared | {args.token})


def _may_return_places(layer: Module, name: str) -> bool:
    """Whether a pooling may return a tuple: the maxima, and where they are."""
    if "MaxPool" not in name:
        return False
    given = argument(layer, 1 if "Adaptive" in name else 4, "return_indices")
    return given is not None and not (isinstance(given, Number) and given.value is False)


def _conv(spatial: int) -> Callable[[Module, Tensor, str], Shape | None]:
    def shape(layer: Module, tensor: Tensor, token: str) -> Shape | None:
        channels = _size(layer, 1, "out_channels")
        batch = tensor.shape.dim(0) if tensor.shape is not None and tensor.exact else None
        unknown = fresh_dims(token, spatial + 2)
        if tensor.rank is not None and tensor.rank != spatial + 2:
            return None
        lead = (batch or unknown[0], channels or unknown[1])
        kept = _kept_size(layer, tensor, spatial)
        return Shape((*lead, *(kept or unknown[2:])))

    return shape


def _kept_size(layer: Module, tensor: Tensor, spatial: int) -> tuple[Size, ...] | None:
    """Spatial sizes after a convolution, where kernel, stride and padding are plain integers."""
    kernel, stride, padding = (
        _size(layer, 2, "kernel_size"),
        _size(layer, 3, "stride") or const(1),
        _size(layer, 4, "padding") or const(0),
    )
    plain = argument(layer, 5, "dilation") is None and "Transpose" not in layer.type
    given = [argument(layer, 3, "stride"), argument(layer, 4, "padding")]
    known = all(value is None or isinstance(value, Int) for value in given)
    if kernel is None or not plain or not known or tensor.rank is None or tensor.shape is None:
        return None
    return tuple(
        floor_div(dim + padding * const(2) - kernel, stride) + const(1)
        for dim in tensor.shape.dims[-spatial:]
    )


def _linear(layer: Module, tensor: Tensor, token: str) -> Shape | None:
    if tensor.shape is None or not tensor.exact:
        return None
    out = _size(layer, 1, "out_features") or fresh_dims(token, 1)[0]
    return tensor.shape.with_dim(-1, out)


def _embedding(layer: Module, tensor: Tensor, token: str) -> Shape | None:
    width = _size(layer, 1, "embedding_dim") or fresh_dims(token, 1)[0]
    if tensor.shape is None or not tensor.exact or tensor.rank is None:
        return None
    return Shape((*tensor.shape.dims, width))


def _pool(spatial: int) -> Callable[[Module, Tensor, str], Shape | None]:
    def shape(layer: Module, tensor: Tensor, token: str) -> Shape | None:
        if tensor.rank != spatial + 2 or tensor.shape is None:
            return None
        return Shape((*tensor.shape.dims[:2], *fresh_dims(token, spatial)))

    return shape


def _flatten(layer: Module, tensor: Tensor, token: str) -> Shape | None:
    args = Args((tensor, *(layer.args or (Int(const(1)),))), dict(layer.kwargs), token)
    result = torch_calls.FUNCTIONS["flatten"](args)
    return result.shape if isinstance(result, Tensor) else None


def _shuffle(layer: Module, tensor: Tensor, token: str) -> Shape | None:
    name = "pixel_unshuffle" if layer.type.endswith("PixelUnshuffle") else "pixel_shuffle"
    result = torch_calls.FUNCTIONS[name](Args((tensor, *layer.args), dict(layer.kwargs), token))
    return result.shape if isinstance(result, Tensor) else None


_KEEP_DTYPE = {"Flatten", "PixelShuffle", "PixelUnshuffle", "Upsample", "ZeroPad2d"} | {
    f"{kind}Pool{n}d" for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax") for n in (1, 2, 3)
}
_LAYERS: dict[str, Callable[[Module, Tensor, str], Shape | None]] = {
    **{f"Conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _conv(n) for n in (1, 2, 3)},
    **{
        f"{k}Pool{n}d": _pool(n)
        for k in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax")
        for n in (1, 2, 3)
    },
    "Linear": _linear,
    "Embedding": _embedding,
    "Flatten": _flatten,
    "PixelShuffle": _shuffle,
    "PixelUnshuffle": _shuffle,
    "Upsample": _pool(2),
    "ZeroPad2d": _pool(2),
}


def module_child(layer: Module, index: Value | None) -> Value:
    """``layer[index]`` or an element of the layer while iterating."""
    name = layer.type.rpartition(".")[2]
    if name not in ("Sequential", "ModuleList"):
        return UNKNOWN
    children = layer.args
    if name == "ModuleList" and len(children) == 1 and isinstance(children[0], Items):
        if children[0].items is None:
            return children[0].element
        children = children[0].items
    at = index.size.constant if isinstance(index, Int) else None
    if at is not None and -len(children) <= at < len(children):
        return children[at]
    return children[0] if len(set(children)) == 1 else UNKNOWN
