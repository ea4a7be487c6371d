"""What single converters of torch2trt 0.5 refuse, and which arguments they do not read.

Each check names the function of ``converters/native_converters.py`` at 4e820ae that it describes.
"""

from __future__ import annotations

from collections.abc import Mapping

from trtlint.analysis.layers import argument
from trtlint.analysis.values import DTypeValue, Int, Items, Nothing, Number, Ratio, Tensor, Value
from trtlint.conversion.torch2trt.limit import Check, Limit, ignored, refused
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.status import Constant, Scalar, Sizes, leaves


def _alpha(call: Call, kind: str) -> Limit | None:
    """convert_add, convert_sub."""
    alpha = call.get(2, "alpha")
    return ignored("alpha is not read") if alpha and not _is(alpha.value, 1) else None


def _rounding(call: Call, kind: str) -> Limit | None:
    """convert_div."""
    mode = call.kwargs.get("rounding_mode")
    return ignored("rounding_mode is not read") if mode and not mode.is_none else None


def _floor(call: Call, kind: str) -> Limit | None:
    """convert_floordiv: sign(a * b) * (|a| // |b|)."""
    return ignored("negative quotients are rounded towards zero")


def _reduce(call: Call, kind: str) -> Limit | None:
    """convert_sum, convert_prod, convert_max, convert_min, convert_mean: torch_dim_to_trt_axes."""
    if kind == "extremum" and len(call.args) > 1 and call.args[1].tensor:
        return None
    dim = call.get(1, "dim")
    if dim is None:
        if kind == "reduce":
            return ignored("without dim, the batch dimension is kept")
        return None
    if dim.is_none and kind != "mean":
        return refused("dim=None is no axis to the converter")
    if any(n is not None and n < 0 for n in dim.numbers or ()):
        return refused("a negative dim is no bit of an axis mask")
    listed = isinstance(dim.value, Items) and dim.value.kind == "list"
    if listed and kind != "mean":
        return refused("a list of dims is no tuple")
    value = call.args[0].value
    if isinstance(value, Tensor) and value.dtype is not None and value.dtype.is_bool:
        return refused("TensorRT reduces no bool tensor")
    return None


def _softmax(call: Call, kind: str) -> Limit | None:
    """convert_softmax."""
    if call.layer is not None and call.layer.type.endswith("2d"):
        return None
    dim = call.option(1, "dim", 0)
    return refused("the converter needs a dim") if dim is None or dim.is_none else None


def _log_softmax(call: Call, kind: str) -> Limit | None:
    """convert_log_softmax: TensorRT's default axis is the third last, or the first."""
    dim = call.option(1, "dim", 0)
    at, rank = dim.integer if dim is not None else None, call.args[0].rank
    if at is None:
        return None
    if rank is not None:
        wrong = at % rank != max(rank - 3, 0)
    else:
        wrong = at in (-1, -2)
    return ignored("dim is not read; TensorRT takes the third last dimension") if wrong else None


def _gelu(call: Call, kind: str) -> Limit | None:
    """convert_gelu computes the tanh approximation."""
    how = call.option(1, "approximate", 0)
    if how is not None and how.text == "tanh":
        return None
    return ignored("the tanh approximation is computed, whatever approximate says")


def _softplus(call: Call, kind: str) -> Limit | None:
    """convert_softplus."""
    beta = call.option(1, "beta", 0)
    return ignored("beta is not read") if beta and not _is(beta.value, 1) else None


def _pad(call: Call, kind: str) -> Limit | None:
    """convert_pad reads four numbers: the last two dimensions, filled with zeros."""
    name = call.layer.type.rpartition(".")[2] if call.layer is not None else ""
    pad = call.option(1, "pad", 0)
    if pad is not None and call.layer is None and pad.numbers is not None:
        if len(pad.numbers) < 4:
            return refused("fewer than four numbers in pad")
        if any(n != 0 for n in pad.numbers[4:]):
            return ignored("only the last two dimensions are padded")
    if name.endswith("1d"):
        return refused("fewer than four numbers in pad")
    if name.endswith("3d"):
        return ignored("only the last two dimensions are padded")
    mode = call.get(2, "mode") if call.layer is None else None
    if name.startswith(("Reflection", "Replication", "Circular")) or (
        mode is not None and mode.text not in (None, "constant")
    ):
        return ignored("mode is not read: zeros are padded")
    value = call.option(3, "value", 1)
    if value is not None and not value.is_none and not _is(value.value, 0):
        zero = name.startswith("Zero")
        return None if zero else ignored("value is not read: zeros are padded")
    return None


def _interpolate(call: Call, kind: str) -> Limit | None:
    """convert_interpolate."""
    mode = call.option(3, "mode", 2)
    if mode is not None and mode.text in ("area", "nearest-exact"):
        return refused(f"mode={mode.text} is not supported")
    size = call.get(1, "size") if call.layer is None else None
    traced = size is not None and any(
        isinstance(leaf, Scalar | Sizes) and leaf.kind == "size" for leaf in leaves(size.status)
    )
    if traced and isinstance(call.args[0].status, Constant) and not call.args[0].status.held:
        return refused("a constant is resized to a size that is traced")
    antialias = call.get(6, "antialias") if call.layer is None else None
    if antialias is not None and antialias.truth is not False:
        return ignored("antialias is not read")
    return None


def _max_pool(call: Call, kind: str) -> Limit | None:
    """convert_max_pool_nd."""
    indices = call.option(6, "return_indices", 4)
    if indices is not None and indices.truth is not False:
        return refused("it returns a tuple, on which the converter sets _trt")
    dilation = call.option(4, "dilation", 3)
    if dilation is not None and any(n != 1 for n in dilation.numbers or ()):
        return ignored("dilation is not read")
    return _pool(call, kind)


def _avg_pool(call: Call, kind: str) -> Limit | None:
    """convert_avg_pool_nd."""
    divisor = call.option(6, "divisor_override", 5)
    if divisor is not None and not divisor.is_none:
        return ignored("divisor_override is not read")
    return _pool(call, kind)


def _pool(call: Call, kind: str) -> Limit | None:
    if call.layer is None:
        stride = call.get(2, "stride")
        if stride is None or stride.is_none:
            return refused("the function's stride is None to the converter, not the kernel size")
    for position, name, at in ((1, "kernel_size", 0), (2, "stride", 1), (3, "padding", 2)):
        one = call.option(position, name, at)
        if one is not None and isinstance(one.value, Items) and one.value.kind == "list":
            return refused(f"{name} is a list, not a tuple")
    return None


def _adaptive(call: Call, kind: str) -> Limit | None:
    """convert_adaptive_pool."""
    if call.last.endswith("1d"):
        return refused("there is no adaptive pooling in one dimension")
    indices = call.option(2, "return_indices", 1) if "max" in call.last else None
    if indices is not None and indices.truth is not False:
        return refused("it returns a tuple, on which the converter sets _trt")
    size = call.option(1, "output_size", 0)
    if size is None:
        return None
    if isinstance(size.value, Items):
        if size.value.kind == "list":
            return refused("output_size is a list, not a tuple")
        if any(isinstance(item, Nothing) for item in size.value.items or ()):
            return refused("None in output_size is no number")
    return refused("output_size=None is no number") if size.is_none else None


def _conv(call: Call, kind: str) -> Limit | None:
    """convert_conv2d3d."""
    padding = call.option(4, "padding", 4)
    if padding is not None and padding.text is not None:
        return refused(f"padding='{padding.text}' is not a number")
    if call.layer is not None:
        mode = argument(call.layer, 8, "padding_mode")
        text = Operand(value=mode).text if mode is not None else None
        if text not in (None, "zeros"):
            return ignored(f"padding_mode='{text}' is an F.pad whose mode is not read")
    elif padding is not None and isinstance(padding.value, Items) and padding.value.kind == "list":
        return refused("padding is a list, not a tuple")
    return None


def _conv_transpose(call: Call, kind: str) -> Limit | None:
    """convert_conv_transpose2d3d: num_output_maps=weight.shape[0], which counts the inputs."""
    if call.layer is not None:
        inside, outside = (
            argument(call.layer, at, name) for at, name in ((0, "in_channels"), (1, "out_channels"))
        )
        if isinstance(inside, Int) and isinstance(outside, Int):
            apart = inside.size - outside.size
            if apart.constant not in (None, 0):
                return refused("as many output channels as input channels are assumed")
        if len(call.args) > 1 or "output_size" in call.kwargs:
            return ignored("output_size is not read")
    for position, name, at, plain in (
        (5, "output_padding", 5, 0), (7, "dilation", 8, 1),
    ):  # fmt: skip
        one = call.option(position, name, at)
        if one is not None and any(n != plain for n in one.numbers or ()):
            return ignored(f"{name} is not read")
    return None


def _batch_norm(call: Call, kind: str) -> Limit | None:
    """convert_batch_norm reads weight, bias and running statistics without asking for None."""
    if call.layer is None:
        if call.get(3, "weight") is None or call.get(4, "bias") is None:
            return refused("weight and bias are read, and are None")
        training = call.get(5, "training")
        if training is not None and training.truth:
            return ignored("training is not read: running statistics are used")
        return None
    for position, name in ((3, "affine"), (4, "track_running_stats")):
        given = argument(call.layer, position, name)
        if isinstance(given, Number) and given.value is False:
            return refused(f"{name}=False leaves None where numbers are read")
    return None


def _instance_norm(call: Call, kind: str) -> Limit | None:
    """_add_scale_1d2d3d takes up the unscaled tensor where it is not four-dimensional."""
    if call.layer is None or call.layer.type.endswith("2d"):
        return None
    for position, name in ((3, "affine"), (4, "track_running_stats")):
        given = argument(call.layer, position, name)
        if isinstance(given, Number) and given.value is True:
            return ignored(f"{name}=True is lost in other than two dimensions")
    return None


def _normalize(call: Call, kind: str) -> Limit | None:
    """convert_normalize."""
    dim = call.get(2, "dim")
    if dim is not None and any(n is not None and n < 0 for n in dim.numbers or ()):
        return refused("a negative dim is no bit of an axis mask")
    return None


def _joining(call: Call, kind: str) -> Limit | None:
    """convert_cat, convert_stack: the tensors are looked for at position 0 or as input."""
    if not call.args and "tensors" in call.kwargs:
        return refused("the converter does not find what is given as tensors=")
    return None


def _einsum(call: Call, kind: str) -> Limit | None:
    """convert_einsum: TensorRT takes lower-case letters."""
    text = call.args[0].text if call.args else None
    if text is not None and any(c.isupper() for c in text):
        return refused("TensorRT takes lower-case subscripts only")
    return None


def _roll(call: Call, kind: str) -> Limit | None:
    """convert_roll."""
    dims = call.get(2, "dims")
    return refused("roll needs dims") if dims is None or dims.is_none else None


def _squeeze(call: Call, kind: str) -> Limit | None:
    """convert_squeeze compares each axis with a tuple, so that none is dropped."""
    return ignored("no dimension is dropped")


def _unsqueeze(call: Call, kind: str) -> Limit | None:
    """convert_unsqueeze: list.insert counts a negative place from before the last."""
    dim = call.get(1, "dim")
    if dim is not None and dim.integer is not None and dim.integer < 0:
        return ignored("a negative dim inserts the dimension in another place")
    return None


def _view(call: Call, kind: str) -> Limit | None:
    """convert_view takes sizes by position."""
    if len(call.args) > 1 and isinstance(call.args[1].value, DTypeValue):
        return refused("a dtype is no size")
    return None


def _permute(call: Call, kind: str) -> Limit | None:
    """convert_permute hands the axes to TensorRT as they are."""
    axes = [n for one in call.args[1:] for n in one.numbers or ()]
    return refused("a negative axis crashes TensorRT") if any(n and n < 0 for n in axes) else None


def _dropout(call: Call, kind: str) -> Limit | None:
    """convert_functional_identity."""
    if call.form != "function":
        return None
    training = call.get(2, "training")
    if training is None or training.truth is True:
        return ignored("training=True is not read: nothing is dropped")
    return None


def _is(value: Value, number: float) -> bool:
    """Whether it is that number, or not known."""
    match value:
        case Int(size=size):
            return size.constant in (None, number)
        case Number(value=known):
            return known is None or known == number
        case Ratio():
            return True
        case _:
            return True


CHECKS: Mapping[str, tuple[Check, ...]] = {
    "add": (_alpha,), "sub": (_alpha,), "div": (_rounding,), "floordiv": (_floor,),
    "reduce": (_reduce,), "mean": (_reduce,), "extremum": (_reduce,), "softmax": (_softmax,),
    "log_softmax": (_log_softmax,), "gelu": (_gelu,), "softplus": (_softplus,), "pad": (_pad,),
    "interpolate": (_interpolate,), "max_pool": (_max_pool,), "avg_pool": (_avg_pool,),
    "adaptive_pool": (_adaptive,), "conv": (_conv,), "conv_transpose": (_conv_transpose,),
    "batch_norm": (_batch_norm,), "instance_norm": (_instance_norm,), "normalize": (_normalize,),
    "cat": (_joining,), "stack": (_joining,), "einsum": (_einsum,), "roll": (_roll,),
    "squeeze": (_squeeze,), "unsqueeze": (_unsqueeze,), "view": (_view,), "permute": (_permute,),
    "identity": (_dropout,),
}  # fmt: skip
