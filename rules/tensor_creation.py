"""tensor-creation: a tensor made out of nothing while the network runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from trtlint.api import (
    Match,
    Rule,
    Tensor,
    TracedCode,
    Verdict,
    call_chain,
    cited,
    executed,
    names_device,
)

# Functions whose result does not follow any tensor's device.
_FREE = {f"torch.{n}" for n in "zeros ones full empty eye arange linspace tensor as_tensor".split()}
_LIKE = {f"torch.{n}_like" for n in ("zeros", "ones", "full", "empty")}
_NEW = {f"new_{n}" for n in ("zeros", "ones", "full", "empty", "tensor")}
_CASTS = frozenset("half float double int long bool cuda cpu to type".split())

_ONNX = ("tensorrt", "torch-tensorrt")
_STATIC = {
    "tensorrt-rtx-1.7": executed("fine", "folded into a constant"),
    **dict.fromkeys(_ONNX, cited("fine", "torch.onnx folds it before the parser")),
    "torch2trt-0.5": cited(
        "fine", "4e820ae: baked; torch2trt-static-shape where it is the batch's"
    ),
    "torch2trt-0.1": cited(
        "rejected", "traveller59/torch2trt README, Tips: no torch.zeros in forward"
    ),
}
_SIZED = {
    **_STATIC,
    **dict.fromkeys(_ONNX, cited("fine", "onnx-tensorrt operators.md: ConstantOfShape, Expand")),
    "tensorrt-rtx-1.7": executed("fine", "a constant at a fixed shape", dynamic="costly"),
}
_LIKE_SIZED = {**_SIZED, "tensorrt-rtx-1.7": executed("fine", "as any tensor sized by an input")}
_DEVICE = {
    **_SIZED,
    "tensorrt-rtx-1.7": executed("rejected", "export on a machine without that device fails"),
    **dict.fromkeys(_ONNX, cited("rejected", "torch.onnx runs the model, which fails")),
}


@dataclass(frozen=True, eq=False)
class Creation(Match):
    """A creation call, with the casts and moves behind it.

    Attributes:
        call, whole: the call that creates; the same with ``.float().cuda()`` and the like.
        made: what ``call`` returns.
        result: what ``whole`` is.
        function: ``torch.zeros``.
        hard_device: the device that the source names, such as ``cuda``.
        follows: whether a sized tensor is put on the device of one at hand.
    """

    call: cst.Call
    whole: cst.BaseExpression
    made: Tensor
    result: Tensor
    function: str
    hard_device: str | None
    follows: bool = False

    @property
    def variant(self) -> str:
        """``device``, ``like``, ``static`` or ``sized``."""
        if self.hard_device is not None:
            return "device"
        if self.follows or self.function in _LIKE or not self.function.startswith("torch."):
            return "like"
        return "static" if self.made.creation is not None and self.made.creation.static else "sized"

    def facts(self) -> Mapping[str, str]:
        """The function, and what is wrong with it."""
        why = {
            "device": f"on a device that the source names ({self.hard_device})",
            "static": "although it is the same at every call",
        }
        return {"function": self.function, "why": why.get(self.variant, "at every call")}


class TensorCreation(Rule[Creation]):
    """Flag tensors created inside ``forward``, such as ``torch.zeros(b, c, h, w).cuda()``.

    ## What it does
    Finds ``torch.zeros`` and its kin in traced code, and any creation on a device that the source
    names. ``zeros_like(x)``, ``x.new_zeros(...)`` and ``torch.zeros(..., device=x.device)`` are
    reported only for targets that refuse them.

    ## Why it matters
    A hard-coded device makes export fail on every machine without it, and pins the constant to it
    everywhere else. Sizes read from the input become shape arithmetic where the batch varies, and
    torch2trt bakes them at the sample's size; early versions stop at all of them.

    ## Use instead
    A non-persistent buffer for what is the same at every call (it moves with the module and is not
    in the checkpoint); ``x.new_zeros(...)`` or ``torch.zeros_like(x)`` for what follows an input.

    ## Fix safety
    Safe: shape and dtype stay; the device becomes that of the input or the module, which is where
    the result is used. A constant becomes a buffer only if nothing writes into it or returns it; a
    module that was pickled whole lacks it, a checkpoint is not concerned. Unsafe for floating-point
    constants: a buffer follows ``model.half()``.

    ## Known limits
    Random tensors are not reported, nor what ``functools.cached_property``, ``cache`` or
    ``lru_cache`` keeps after the first call, unless the source names its device. A module built on
    the meta device has to fill its buffers.
    """

    name = "tensor-creation"
    family = "creation"
    message = "`{function}` creates a tensor in traced code {why}"
    hint = "use a non-persistent buffer for constants, x.new_zeros(...) or zeros_like(x) otherwise"
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "static": _STATIC,
        "sized": _SIZED,
        "device": _DEVICE,
        "like": _LIKE_SIZED,
    }
    only_if_minded: ClassVar[frozenset[str]] = frozenset({"like"})

    def check(self, code: TracedCode) -> Iterator[Creation]:
        """Every creation call."""
        for call in code.walk(cst.Call):
            function = code.torch_function(call)
            method = code.tensor_method(call)
            if function not in _FREE | _LIKE and method not in _NEW:
                continue
            made, whole = code.value(call), call_chain(code, call, _CASTS)
            result = code.value(whole)
            if isinstance(made, Tensor) and isinstance(result, Tensor):
                name = function or f"{code.source(call.func)}"
                device = result.device if names_device(code, whole) else None
                static = made.creation is not None and made.creation.static
                follows = not static and result.device not in ("cpu", device)
                if device is not None or not code.keeps_result:
                    yield Creation(whole, call, whole, made, result, name, device, follows)
