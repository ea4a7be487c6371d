"""What an attribute of a tensor or a layer is, and what constructing a layer yields."""

from __future__ import annotations

from dataclasses import replace

from trtlint.analysis import dtypes, torch_calls
from trtlint.analysis.arguments import Args
from trtlint.analysis.states import model_tensor
from trtlint.analysis.values import (
    UNKNOWN,
    DeviceValue,
    DTypeValue,
    Items,
    Method,
    Module,
    Number,
    Tensor,
    Unknown,
    Value,
)

# Functions that return the layer they are given, whose weight is then made at every call.
_PARAMETRIZATIONS = frozenset(
    f"torch.nn.utils.{place}{norm}"
    for place in ("", "parametrizations.")
    for norm in ("weight_norm", "spectral_norm")
)


def constructs(name: str) -> bool:
    """Whether calling what is known by that name yields a layer or a parameter."""
    return (name.startswith("torch.nn.") and name.rpartition(".")[2][:1].isupper()) or (
        name in _PARAMETRIZATIONS
    )


def construct(name: str, args: Args) -> Value:
    """An ``nn`` layer, parameter or parameter container."""
    last = name.rpartition(".")[2]
    if name in _PARAMETRIZATIONS:
        layer = args.get(0, "module")
        return replace(layer, parametrized=name) if isinstance(layer, Module) else UNKNOWN
    if last in ("Parameter", "Buffer"):
        data = args.tensor(0, "data")
        if data is None:
            return Tensor(dtype=dtypes.MODEL, device="model", varies=False)
        return model_tensor(data)
    return Module(name, False, args.pos, tuple(args.kw.items()))


def tensor_attribute(tensor: Tensor, name: str) -> Value:
    """``tensor.name``."""
    match name:
        case "shape":
            return torch_calls.shape_value(tensor)
        case "dtype":
            return DTypeValue(tensor.dtype)
        case "device":
            return DeviceValue(tensor.device)
        case "ndim":
            return torch_calls.FUNCTIONS["dim"](Args((tensor,)))
        case "data":
            return torch_calls.FUNCTIONS["detach"](Args((tensor,)))
        case "T" | "mT" | "H" | "mH":
            return Tensor(None, False, tensor.dtype, tensor.device, tensor.storage)
        case "is_cuda" | "requires_grad":
            return Number("bool")
        case _:
            return Method(tensor, name)


def layer_attribute(layer: Module, name: str) -> Value:
    """``layer.name`` of a layer of torch's own."""
    if name in ("weight", "bias", "running_mean", "running_var"):
        return Tensor(
            dtype=dtypes.MODEL,
            device="model",
            storage=frozenset({f"{layer.path}.{name}"}),
            varies=False,
        )
    return Method(layer, name)


def other_attribute(owner: Value, name: str) -> Value:
    """``owner.name`` of what is no tensor, layer or class as far as is known."""
    if name == "shape" and isinstance(owner, Unknown):
        return Items("size", None, Number("int"))  # a tensor's or an array's: no elements are read
    return Method(owner, name)
