"""rms-norm: torch's own RMS norm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import OperatorRule, Verdict, cited, emits, fails, through_onnx


class RmsNorm(OperatorRule):
    """Flag ``nn.RMSNorm`` and ``F.rms_norm``, which the TorchScript exporter does not know.

    ## What it does
    Finds the layer and the function in traced code.

    ## Why it matters
    The dynamo exporter writes what it is made of, a square, a mean and a root; the TorchScript
    exporter ends with "aten::rms_norm to ONNX opset version 17 is not supported". torch2trt has no
    converter.

    ## Use instead
    ``x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight``, where that exporter is to
    be used.

    ## Fix safety
    There is no automatic fix: sums in another order differ in the last digits.

    ## Known limits
    An RMS norm that is written out converts everywhere and is not reported.
    """

    name = "rms-norm"
    family = "precision"
    message = "`{operator}` has no translation in the TorchScript exporter"
    hint = "write it out with pow, mean and rsqrt where that exporter is used"
    operators = frozenset({"RMSNorm", "rms_norm"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            **through_onnx(emits(), fails("no translation of aten::rms_norm at opset 17")),
            "torch-tensorrt": cited("fine", "decomposed by torch.export"),
            "torch2trt": cited("rejected", "4e820ae: no converter for rms_norm"),
        }
    }
    only_if_minded = frozenset({"default"})
