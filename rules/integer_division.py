"""The rule ``integer-division``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    OperatorRule,
    OperatorUse,
    Tensor,
    TracedCode,
    Verdict,
    cited,
    differs,
    emits,
    holds_integers,
    through_onnx,
)


class IntegerDivision(OperatorRule):
    """Flag floor division of tensors, which the TorchScript exporter rounds towards zero.

    ## What it does
    Finds ``//`` and ``floor_divide`` of a tensor that may hold negative numbers; ``%``,
    ``remainder`` and ``fmod`` for TensorRT before 8.5, which has no Mod.

    ## Why it matters
    The TorchScript exporter writes a division and a cast, which rounds -0.5 to 0 where PyTorch
    gives -1: the numbers are wrong without a word.

    ## Use instead
    ``torch.div(x, y, rounding_mode="floor")``, which both exporters translate rightly; for
    Python integers and sizes ``//`` is fine.

    ## Fix safety
    Safe: ``//`` is that division, and a remainder of integers what it leaves. A number divided by a
    tensor and ``//=``, which writes into the tensor, are left; so are remainders of floats. For
    torch2trt, the floor of a quotient of floats is unsafe: it rounds before it is floored.

    ## Known limits
    Integers that the model computes itself (indices, comparisons, ``arange``) are taken to be
    not negative. NVIDIA/TensorRT#4702 reports wrong remainders of large integers on 10.7.
    """

    name = "integer-division"
    family = "operator"
    message = "`{operator}` {what}"
    hint = 'write torch.div(x, y, rounding_mode="floor")'
    operators = frozenset("floor_divide floor_divide_ remainder remainder_ fmod".split())
    what = {
        "floor": "rounds towards zero in the TorchScript exporter",
        "modulo": "becomes Mod, which TensorRT before 8.5 lacks",
    }
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "floor": {
            **through_onnx(
                emits("Floor"), differs("// becomes a division that rounds towards zero")
            ),
            "torch-tensorrt": cited("fine", "converter for aten.div.Tensor_mode"),
            "torch2trt": cited("wrong", "4e820ae: measured, rounds towards zero"),
        },
        "modulo": {
            **through_onnx(emits("Mod"), seen=False),
            "torch-tensorrt": cited("fine", "converters for aten.remainder and aten.fmod"),
            "torch2trt": cited("fine", "4e820ae: converter for mod"),
        },
    }
    only_if_minded = frozenset({"floor", "modulo"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Whether it may round otherwise, or is a remainder."""
        first = use.args.get(0, "input")
        if not use.name.startswith("floor"):
            return "modulo" if isinstance(first, Tensor) else None
        if not isinstance(first, Tensor):
            return "floor"  # a number by a tensor
        return None if holds_integers(first) or first.creation else "floor"
