"""What a TensorRT network computes, layer by layer in torch: for networks that no engine can run.

torch2trt builds a network with TensorRT's Python API and has nothing that executes it without a
GPU. ``evaluate`` does, for the layers that torch2trt's converters add, with the semantics that
TensorRT documents for each. What is not modelled raises `NotModelledError`: nothing is then said of
the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorrt_rtx as trt
import torch
import torch.nn.functional as F  # noqa: N812


class NotModelledError(Exception):
    """The reference does not know what this layer computes."""


DTYPES = {
    "FLOAT": torch.float32, "HALF": torch.float16, "BF16": torch.bfloat16, "INT8": torch.int8,
    "UINT8": torch.uint8, "INT32": torch.int32, "INT64": torch.int64, "BOOL": torch.bool,
}  # fmt: skip
_CLASSES = {
    "MATRIX_MULTIPLY": "IMatrixMultiplyLayer",
    "ELEMENTWISE": "IElementWiseLayer",
    "SOFTMAX": "ISoftMaxLayer",
}
Values = list[torch.Tensor | None]


def evaluate(network: Any, feeds: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
    """The outputs; layers that none of them needs are left out, as TensorRT does."""
    known = {one.name: feeds[one.name] for one in _tensors(network.num_inputs, network.get_input)}
    producers = {}
    for number in range(network.num_layers):
        layer = network.get_layer(number)
        for output in _tensors(layer.num_outputs, layer.get_output):
            producers[output.name] = layer
    wanted = [network.get_output(i).name for i in range(network.num_outputs)]
    waiting = list(wanted)
    for _ in range(200_000):
        if not waiting:
            return [known[name] for name in wanted]
        name = waiting[-1]
        if name in known:
            waiting.pop()
            continue
        layer = producers[name]
        inputs = [layer.get_input(i) for i in range(layer.num_inputs)]
        missing = [one.name for one in inputs if one is not None and one.name not in known]
        if missing:
            waiting += missing
            continue
        result = _layer(layer, [None if one is None else known[one.name] for one in inputs])
        known[layer.get_output(0).name] = result
    raise NotModelledError("a cycle")


def _tensors(count: int, get: Callable[[int], Any]) -> list[Any]:
    return [one for one in map(get, range(count)) if one is not None]


def _layer(layer: Any, values: Values) -> torch.Tensor:
    kind = trt.ILayer.type.fget(layer).name
    name = _CLASSES.get(kind) or f"I{kind.title().replace('_', '')}Layer"
    if hasattr(trt, name):
        layer.__class__ = getattr(trt, name)
    function = _LAYERS.get(kind)
    if function is None:
        raise NotModelledError(kind)
    return function(layer, values)


def _first(values: Values) -> torch.Tensor:
    value = values[0]
    assert value is not None
    return value


def _given(values: Values, number: int, default: Callable[[], Sequence[int]]) -> list[int]:
    value = values[number] if len(values) > number else None
    return [int(n) for n in (default() if value is None else value)]


def _weights(weights: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(weights).copy())


def _axes(mask: int, rank: int) -> list[int]:
    return [axis for axis in range(rank) if mask >> axis & 1]


def _pads(before: Sequence[int], behind: Sequence[int]) -> list[int]:
    return [n for axis in reversed(range(len(before))) for n in (before[axis], behind[axis])]


def _constant(layer: Any, _: Values) -> torch.Tensor:
    return _weights(layer.weights).reshape(tuple(layer.shape))


def _shuffle(layer: Any, values: Values) -> torch.Tensor:
    x = _permuted(_first(values), layer.first_transpose)
    try:
        shape: list[int] | None = _given(values, 1, lambda: layer.reshape_dims)
    except (TypeError, ValueError):  # it reshapes nothing
        shape = None
    if shape or (shape is not None and x.numel() == 1):
        keep = layer.zero_is_placeholder
        x = x.reshape([x.shape[i] if n == 0 and keep else n for i, n in enumerate(shape)])
    return _permuted(x, layer.second_transpose)


def _permuted(x: torch.Tensor, order: Any) -> torch.Tensor:
    axes = tuple(order)[: x.dim()]
    return x.permute(axes) if axes and axes != tuple(range(x.dim())) else x


def _slice(layer: Any, values: Values) -> torch.Tensor:
    x = _first(values)
    start = _given(values, 1, lambda: layer.start)
    size = _given(values, 2, lambda: layer.shape)
    stride = _given(values, 3, lambda: layer.stride)
    mode = layer.mode.name
    for axis in range(x.dim()):
        index, length = torch.arange(size[axis]) * stride[axis] + start[axis], x.shape[axis]
        if mode == "WRAP":
            index = index % length
        elif mode == "CLAMP":
            index = index.clamp(0, length - 1)
        elif mode != "STRICT_BOUNDS":
            raise NotModelledError(f"slices of mode {mode}")
        elif size[axis] and (int(index.min()) < 0 or int(index.max()) >= length):
            raise NotModelledError("a slice out of bounds")
        x = x.index_select(axis, index)
    return x


_BINARY = {
    "SUM": torch.add, "PROD": torch.mul, "MAX": torch.maximum, "MIN": torch.minimum,
    "SUB": torch.sub, "POW": torch.pow, "AND": torch.logical_and, "OR": torch.logical_or,
    "XOR": torch.logical_xor, "EQUAL": torch.eq, "GREATER": torch.gt, "LESS": torch.lt,
}  # fmt: skip


def _elementwise(layer: Any, values: Values) -> torch.Tensor:
    a, b, operator = _first(values), values[1], layer.op.name
    assert b is not None
    if operator == "DIV":
        return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")
    if operator == "FLOOR_DIV":
        return torch.div(a, b, rounding_mode="floor")
    return _BINARY[operator](a, b)


def _unary(layer: Any, values: Values) -> torch.Tensor:
    x, operator = _first(values), layer.op.name
    if operator == "NOT" and x.dtype != torch.bool:
        raise NotModelledError(f"NOT of {x.dtype}")
    names = {"RECIP": "reciprocal", "NOT": "logical_not"}
    result: torch.Tensor = getattr(torch, names.get(operator, operator.lower()))(x)
    return result


def _activation(layer: Any, values: Values) -> torch.Tensor:
    x, a, b = _first(values), layer.alpha, layer.beta
    functions: dict[str, Callable[[], torch.Tensor]] = {
        "RELU": lambda: F.relu(x),
        "SIGMOID": lambda: torch.sigmoid(x),
        "TANH": lambda: torch.tanh(x),
        "LEAKY_RELU": lambda: torch.where(x >= 0, x, a * x),
        "ELU": lambda: torch.where(x >= 0, x, a * (torch.exp(x) - 1)),
        "SELU": lambda: torch.where(x > 0, b * x, b * (a * torch.exp(x) - a)),
        "SOFTSIGN": lambda: x / (1 + x.abs()),
        "SOFTPLUS": lambda: a * torch.log(torch.exp(b * x) + 1),
        "CLIP": lambda: x.clamp(a, b),
        "HARD_SIGMOID": lambda: (a * x + b).clamp(0, 1),
    }
    kind = trt.IActivationLayer.type.fget(layer).name
    if kind not in functions:
        raise NotModelledError(f"activation {kind}")
    return functions[kind]()


def _reduce(layer: Any, values: Values) -> torch.Tensor:
    x, kind, keep = _first(values), layer.op.name, layer.keep_dims
    axes = _axes(layer.axes, x.dim())
    if kind == "PROD":
        for axis in sorted(axes, reverse=True):
            x = x.prod(axis, keepdim=keep)
        return x
    function = {"AVG": torch.mean, "SUM": torch.sum, "MAX": torch.amax, "MIN": torch.amin}[kind]
    return function(x, axes, keepdim=keep)  # type: ignore[operator]


def _convolution(layer: Any, values: Values) -> torch.Tensor:
    x, kernel, groups = _first(values), tuple(layer.kernel_size_nd), layer.num_groups
    maps, rank = layer.num_output_maps, len(kernel)
    if not layer.padding_mode.name.startswith("EXPLICIT_ROUND"):
        raise NotModelledError(layer.padding_mode.name)
    before, behind = tuple(layer.pre_padding), tuple(layer.post_padding)
    weight, bias = _weights(layer.kernel).flatten(), _weights(layer.bias).flatten()
    common = (bias if bias.numel() else None, tuple(layer.stride_nd))
    dilation = tuple(layer.dilation_nd)
    if trt.ILayer.type.fget(layer).name == "CONVOLUTION":
        weight = weight.reshape((maps, x.shape[1] // groups, *kernel))
        convolve: Any = (F.conv1d, F.conv2d, F.conv3d)[rank - 1]
        padded = F.pad(x, _pads(before, behind))
        result: torch.Tensor = convolve(padded, weight, *common, 0, dilation, groups)
        return result
    weight = weight.reshape((x.shape[1], maps // groups, *kernel))
    transpose: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[rank - 1]
    y = transpose(x, weight, *common, 0, 0, groups, dilation)
    cut = [slice(before[i], y.shape[2 + i] - behind[i]) for i in range(rank)]
    return y[(slice(None), slice(None), *cut)]


def _pooling(layer: Any, values: Values) -> torch.Tensor:
    x, window, stride = _first(values), tuple(layer.window_size_nd), tuple(layer.stride_nd)
    before, behind = tuple(layer.pre_padding), tuple(layer.post_padding)
    up, rank = layer.padding_mode.name == "EXPLICIT_ROUND_UP", len(window)
    if before != behind:
        raise NotModelledError("a pool whose padding differs from side to side")
    if trt.IPoolingLayer.type.fget(layer).name == "MAX":
        pool: Any = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[rank - 1]
        padded = F.pad(x, _pads(before, behind), value=float("-inf"))
        result: torch.Tensor = pool(padded, window, stride, 0, 1, up)
        return result
    average: Any = (None, F.avg_pool2d, F.avg_pool3d)[rank - 1]
    if average is None:
        raise NotModelledError("an average over one axis")
    result = average(x, window, stride, before, up, not layer.average_count_excludes_padding)
    return result


def _scale(layer: Any, values: Values) -> torch.Tensor:
    x, mode = _first(values), layer.mode.name

    def spread(weights: Any, default: float) -> torch.Tensor:
        w = _weights(weights).flatten().to(x.dtype)
        if w.numel() == 0:
            return torch.tensor(default, dtype=x.dtype)
        if mode == "UNIFORM":
            return w.reshape(())
        if mode != "CHANNEL":
            raise NotModelledError(f"scale of mode {mode}")
        return w.reshape([-1 if axis == layer.channel_axis else 1 for axis in range(x.dim())])

    y = x * spread(layer.scale, 1.0) + spread(layer.shift, 0.0)
    power = spread(layer.power, 1.0)
    return y if bool((power == 1).all()) else y**power


def _softmax(layer: Any, values: Values) -> torch.Tensor:
    axes = _axes(layer.axes, _first(values).dim())
    if len(axes) != 1:
        raise NotModelledError("a softmax over several axes")
    return torch.softmax(_first(values), axes[0])


def _matmul(layer: Any, values: Values) -> torch.Tensor:
    sides = []
    for value, operation in zip(values, (layer.op0.name, layer.op1.name), strict=True):
        assert value is not None
        sides.append(value.transpose(-1, -2) if operation == "TRANSPOSE" else value)
    vector = "VECTOR" in (layer.op0.name, layer.op1.name)
    if sides[0].dim() != sides[1].dim() and not vector:
        raise NotModelledError("a product of different ranks")
    return torch.matmul(*sides)


def _padding(layer: Any, values: Values) -> torch.Tensor:
    before, behind = tuple(layer.pre_padding_nd), tuple(layer.post_padding_nd)
    return F.pad(_first(values), _pads(before, behind))


_ROUND: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "FLOOR": torch.floor,
    "CEIL": torch.ceil,
    "HALF_UP": lambda c: torch.floor(c + 0.5),
    "HALF_DOWN": lambda c: torch.ceil(c - 0.5),
}


def _resize(layer: Any, values: Values) -> torch.Tensor:
    x, scales = _first(values), list(layer.scales)
    if any(abs(a * b - round(a * b)) > 1e-6 for a, b in zip(x.shape, scales, strict=False)):
        raise NotModelledError("a resize by a scale that gives no whole size")
    size = [round(a * b) for a, b in zip(x.shape, scales, strict=False)]
    size = _given(values, 1, lambda: size or layer.shape)
    place, mode = layer.coordinate_transformation.name, layer.resize_mode.name
    if mode != "NEAREST":
        names = ("linear", "bilinear", "trilinear") if mode == "LINEAR" else ("", "bicubic", "")
        align = place == "ALIGN_CORNERS"
        return F.interpolate(x, size[2:], mode=names[x.dim() - 3], align_corners=align)
    for axis in range(2, x.dim()):
        old, new = x.shape[axis], size[axis]
        at = torch.arange(new, dtype=torch.float64)
        if place == "ASYMMETRIC":
            at = at * old / new
        elif place == "HALF_PIXEL":
            at = (at + 0.5) * old / new - 0.5
        else:
            at = at * (old - 1) / max(new - 1, 1)
        index = _ROUND[layer.nearest_rounding.name](at).long().clamp(0, old - 1)
        x = x.index_select(axis, index)
    return x


_LAYERS: dict[str, Callable[[Any, Values], torch.Tensor]] = {
    "CONSTANT": _constant,
    "SHUFFLE": _shuffle,
    "SHAPE": lambda _, v: torch.tensor(list(_first(v).shape), dtype=torch.int64),
    "IDENTITY": lambda _, v: _first(v),
    "CAST": lambda layer, v: _first(v).to(DTYPES[layer.to_type.name]),
    "SLICE": _slice,
    "ELEMENTWISE": _elementwise,
    "UNARY": _unary,
    "ACTIVATION": _activation,
    "REDUCE": _reduce,
    "CONVOLUTION": _convolution,
    "DECONVOLUTION": _convolution,
    "POOLING": _pooling,
    "SCALE": _scale,
    "SOFTMAX": _softmax,
    "CONCATENATION": lambda layer, v: torch.cat([t for t in v if t is not None], layer.axis),
    "MATRIX_MULTIPLY": _matmul,
    "EINSUM": lambda layer, v: torch.einsum(layer.equation, *v),
    "PADDING": _padding,
    "RESIZE": _resize,
}
