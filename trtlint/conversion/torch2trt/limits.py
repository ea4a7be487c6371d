"""What each converter of torch2trt 0.5 refuses, and which arguments it does not read.

Each check names the function of ``converters/native_converters.py`` at 4e820ae that it describes.
"""

from __future__ import annotations

from trtlint.analysis.dtypes import DType, of_input
from trtlint.analysis.values import Items, Tensor, Value
from trtlint.conversion.torch2trt import facts
from trtlint.conversion.torch2trt.converter_checks import CHECKS
from trtlint.conversion.torch2trt.limit import Limit, ignored, refused
from trtlint.conversion.torch2trt.operands import Call, Operand
from trtlint.conversion.torch2trt.shape_limits import SHAPE_CHECKS
from trtlint.conversion.torch2trt.status import (
    Baked,
    Constant,
    Followed,
    Group,
    Scalar,
)

_ARITHMETIC = frozenset("add sub mul div floordiv mod pow".split())


def find_limit(call: Call, kind: str) -> Limit | None:
    """What is wrong with a call that has a converter; None if nothing is known to be."""
    for check in (_keywords, _weights, _constants, _dtypes, *CHECKS.get(kind, ())):
        limit = check(call, kind)
        if limit is not None:
            return limit
    for test in SHAPE_CHECKS.get(kind, ()):
        why = test(call)
        if why is not None:
            return refused(why)
    return None


def _keywords(call: Call, kind: str) -> Limit | None:
    """``ctx.method_args[i]``: an operand that is given by keyword is not found."""
    if call.layer is not None or call.form == "operator":
        return None
    needed = facts.POSITIONAL.get(kind, 0)
    if len(call.args) < needed and call.kwargs and call.name not in ("torch.max", "torch.min"):
        missing = [name for name in call.kwargs if name not in _OPTIONS]
        if missing:
            return refused(f"the converter takes {missing[0]} by position only")
    if "axis" in call.kwargs:
        return ignored("the converter reads dim, not axis")
    return None


_OPTIONS = frozenset(
    "dim keepdim dtype alpha out start_dim end_dim min max p training inplace".split()
)


def _weights(call: Call, kind: str) -> Limit | None:
    """Weights are read as numbers: ``weight.detach().cpu().numpy()``."""
    if call.layer is not None:
        return None
    for position, name in facts.WEIGHTS.get(kind, ()):
        one = call.get(position, name)
        followed = isinstance(one.status, Followed) and not one.status.assumed if one else False
        if one is not None and (followed or isinstance(one.status, Baked)):
            return Limit("torch2trt-baked-value", "weight", f"takes {name} as the sample's numbers")
    return None


def _constants(call: Call, kind: str) -> Limit | None:
    """``network.add_constant`` takes no float64 and no array whose memory is out of order."""
    for one in call.all():
        if isinstance(one.status, Constant) and not one.status.held:
            if one.status.permuted:
                return refused("a permuted constant is no array that TensorRT takes")
            dtype = one.value.dtype if isinstance(one.value, Tensor) else None
            if dtype is not None and dtype.name in facts.NO_CONSTANTS:
                return refused(f"TensorRT takes no {dtype.name} constants")
    if kind in facts.READING:
        for one in call.args:
            for status in one.status.each() if isinstance(one.status, Group) else (one.status,):
                if isinstance(status, Constant) and not status.held:
                    return refused("the converter reads _trt of every operand, a constant has none")
            if isinstance(one.status, Group):
                return refused("the converter takes operands one by one, not in a list")
    return None


def _dtypes(call: Call, kind: str) -> Limit | None:
    """``check_torch_dtype``: all tensors of a call have one dtype; numbers take it."""
    if kind not in _ARITHMETIC | {"compare", "cat", "stack", "matmul"}:
        return None
    known = [d for d in map(_dtype, _tensors(call)) if d is not None]
    known += [of_input("input") for one in call.args if _is_input(one)]
    if kind in _ARITHMETIC and any(d.is_bool for d in known):
        return refused("arithmetic with a bool tensor")
    integers = any(d.floating is False and d.spelled for d in known)
    floats = any(d.floating or not d.spelled for d in known)
    if integers and floats and not (kind == "compare" and not any(d.floating for d in known)):
        return refused("its tensors are of several dtypes")
    sizes = any(isinstance(one.status, Scalar) and one.status.kind == "size" for one in call.args)
    if sizes and kind in _ARITHMETIC and any(one.tensor for one in call.args):
        return refused("a size is an integer tensor to torch2trt, and the other operand a float")
    return None


def _is_input(one: Operand) -> bool:
    """Whether it is an input of which nothing shows that it is a tensor."""
    return isinstance(one.status, Followed) and not isinstance(one.value, Tensor)


def _tensors(call: Call) -> list[Value]:
    found: list[Value] = []
    for one in call.args:
        if isinstance(one.value, Items) and one.value.items is not None:
            found += one.value.items
        else:
            found.append(one.value)
    return found


def _dtype(value: Value) -> DType | None:
    return value.dtype if isinstance(value, Tensor) else None
