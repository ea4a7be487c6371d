"""fold-columns: overlapping patches summed back into an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import OperatorRule, Verdict, cited, emits, fails, through_onnx


class FoldColumns(OperatorRule):
    """Flag ``F.fold`` and ``nn.Fold``, for which ONNX has Col2Im and TensorRT nothing.

    ## What it does
    Finds ``torch.nn.functional.fold`` and calls of ``torch.nn.Fold`` in traced code.

    ## Why it matters
    The dynamo exporter writes Col2Im, which no TensorRT parser takes; the TorchScript exporter has
    no translation below opset 18. torch2trt has no converter, so the result is no part of its
    engine.

    ## Use instead
    Where kernel and stride are equal, patches do not overlap, and a reshape is all it takes:
    ``x.view(b, c, p, p, h, w).permute(0, 1, 4, 2, 5, 3).reshape(b, c, h * p, w * p)``, or
    ``F.pixel_shuffle``. Overlapping ones: ``F.conv_transpose2d`` with a kernel of ones and zeros.

    ## Fix safety
    Safe for square patches that do not overlap, without padding: ``F.pixel_shuffle`` is the same
    order of elements. Overlapping patches are summed, in an order of their own, and are left.

    ## Known limits
    Whether the patches overlap makes no difference to the converters, nor to this rule.
    """

    name = "fold-columns"
    family = "operator"
    message = "`{operator}` sums patches into an image, for which TensorRT has no layer"
    hint = "reshape and permute where patches do not overlap, else F.conv_transpose2d"
    operators = frozenset({"fold", "Fold"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits("Col2Im"), fails("aten::col2im has no symbolic at opset 17")),
            "torch-tensorrt": cited("costly", "pytorch/TensorRT: no converter for aten.col2im"),
            "torch2trt": cited("rejected", "4e820ae: no converter for fold"),
        }
    }
