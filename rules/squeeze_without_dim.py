"""squeeze-without-dim: whatever dimensions happen to be one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import OperatorRule, OperatorUse, TracedCode, Verdict, cited, executed

_PARSER = "onnx-tensorrt: cannot infer squeeze dimensions from a dynamic shape"
_FIXED = "the sizes are known"


class SqueezeWithoutDim(OperatorRule):
    """Flag ``x.squeeze()`` without a dimension.

    ## What it does
    Finds ``squeeze`` called without saying which dimension.

    ## Why it matters
    Which dimensions go is decided by the sample: with one sample in the batch, the batch goes too,
    and everything behind it sees another rank. With a batch that varies the TorchScript exporter
    writes a Squeeze without axes, which TensorRT's parser cannot resolve.

    ## Use instead
    ``x.squeeze(-1)``, or ``x.flatten(1)`` behind a global pooling.

    ## Fix safety
    Safe where every size is known. Unsafe where some dimension, such as the batch, may be 1 at some
    calls: PyTorch drops it then, and the fix keeps it.

    ## Known limits
    A tensor without a batch, such as a reduced weight, is reported as well.
    """

    name = "squeeze-without-dim"
    family = "batch"
    message = "`squeeze()` drops whatever dimensions are 1, the batch of a single sample included"
    hint = "name the dimension: squeeze(-1), or flatten(1) behind a global pooling"
    operators = frozenset({"squeeze", "squeeze_"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "default": {
            "tensorrt-rtx+dynamo": cited("fine", _FIXED),
            "tensorrt+dynamo": cited("fine", _FIXED),
            "tensorrt-rtx+torchscript": executed("fine", _FIXED),
            "tensorrt+torchscript": cited("fine", _FIXED, dynamic="rejected"),
            "torch-tensorrt": cited("fine", "a converter for aten.squeeze.dims"),
            "torch2trt": cited("wrong", "4e820ae: the converter keeps the dimensions"),
        }
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Without any further argument."""
        given = len(use.args.pos) > 1 or use.args.kw or use.args.open
        return None if given or use.tensor is None else "default"
