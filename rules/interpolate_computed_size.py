"""interpolate-computed-size: an image resized by what its own size gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    Items,
    Nothing,
    OperatorRule,
    OperatorUse,
    Ratio,
    TracedCode,
    Value,
    Verdict,
    cited,
    executed,
    has_dimension,
)

_NUMBERS = "numbers for torch.export"
_SIZE = {
    "tensorrt-rtx": executed("fine", "the exporters write Resize with sizes"),
    "tensorrt": cited("fine", "the exporters write Resize with sizes"),
    "tensorrt<8.0": cited("rejected", "onnx-tensorrt: Resize scales must be an initializer"),
    "torch-tensorrt": cited("fine", _NUMBERS),
    "torch2trt": cited("fine", "4e820ae: at the sample's size", dynamic="wrong"),
    "torch2trt-0.5": cited("fine", "measured: torch2trt at 4e820ae traces sizes (SizeWrapper)"),
}
_SCALE = {
    **_SIZE,
    "tensorrt-rtx+torchscript": executed("rejected", "the tracer passes a tensor for the scale"),
    "tensorrt+torchscript": cited("rejected", "torch 2.13: a tensor for the scale"),
}


class InterpolateComputedSize(OperatorRule):
    """Flag ``F.interpolate`` to a size or by a scale that is computed from sizes.

    ## What it does
    Finds ``interpolate`` whose ``size`` or ``scale_factor`` holds a size of a tensor.

    ## Why it matters
    The ONNX parser before 8.0 wants the scales as constants in the file. While the TorchScript
    exporter traces, a scale such as ``16 / x.shape[2]`` is a tensor, and PyTorch's own interpolate
    refuses it. torch2trt traces sizes, and before 0.5 kept the sample's.

    ## Use instead
    ``scale_factor`` as a literal for old parsers; ``size=(int(h), int(w))`` in place of a computed
    scale.

    ## Fix safety
    There is no automatic fix: sizes and scales round differently.

    ## Known limits
    Which modes a version takes is another rule's matter.
    """

    name = "interpolate-computed-size"
    family = "operator"
    message = "`{operator}` resizes to what it computes from its input's size"
    hint = "use size=(h, w) of integers, or a literal scale_factor"
    operators = frozenset({"interpolate", "upsample"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {"size": _SIZE, "scale": _SCALE}
    only_if_minded = frozenset({"size", "scale"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By the argument that a size of a tensor is part of."""
        if _computed(use.args.get(2, "scale_factor")):
            return "scale"
        return "size" if _computed(use.args.get(1, "size")) else None


def _computed(value: Value | None) -> bool:
    match value:
        case None | Nothing():
            return False
        case Int(size=size):
            return has_dimension(size)
        case Ratio(num=num, den=den):
            return has_dimension(num) or has_dimension(den)
        case Items(items=tuple() as items):
            return any(map(_computed, items))
        case Items(kind="size"):
            return True
        case _:
            return False
