"""squeeze-dim: a dimension squeezed that is not one, or that is the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    Items,
    OperatorRule,
    OperatorUse,
    TracedCode,
    Verdict,
    at_least,
    cited,
    executed,
)

_WRITES = "the exporter writes Squeeze, which refuses a dimension that is not 1"
_SCRIPT = "the exporter writes If for a dimension that it does not know"
_LARGER = {
    "tensorrt-rtx+dynamo": executed("rejected", _WRITES),
    "tensorrt+dynamo": cited("rejected", f"torch 2.13: {_WRITES}"),
    "tensorrt-rtx+torchscript": executed("fine", "left out at a known size"),
    "tensorrt+torchscript": cited("fine", "left out at a known size"),
    "torch-tensorrt": cited("fine", "torch.export leaves it out"),
    "torch2trt": cited("fine", "4e820ae: left out"),
}
_SEVERAL = {
    **_LARGER,
    "tensorrt-rtx+dynamo": executed("fine", "the exporter writes Squeeze"),
    "tensorrt+dynamo": cited("fine", "the exporter writes Squeeze"),
    "tensorrt-rtx+torchscript": executed("rejected", "the exporter takes one dimension"),
    "tensorrt+torchscript": cited("rejected", "torch 2.13: the exporter takes one dimension"),
    "torch2trt": cited("wrong", "4e820ae: the converter keeps the dimensions"),
}
_BATCH = {
    **_LARGER,
    "tensorrt-rtx+torchscript": executed("fine", "at that batch", dynamic="rejected"),
    "tensorrt+torchscript": cited(
        "fine", f"{_SCRIPT}, and its branches differ in rank", dynamic="rejected"
    ),
    "tensorrt-rtx+dynamo": executed("fine", "for a batch of one", dynamic="wrong"),
    "tensorrt+dynamo": cited("fine", f"torch 2.13: {_WRITES}", dynamic="wrong"),
    "torch-tensorrt": cited("fine", "torch.export guards on the size", dynamic="rejected"),
    "torch2trt": cited("fine", "4e820ae: at the sample's batch", dynamic="wrong"),
}


class SqueezeDim(OperatorRule):
    """Flag ``squeeze`` of the batch, of a dimension larger than one, or of a tuple.

    ## What it does
    Finds ``squeeze`` of the first dimension of a tensor with a batch, of dimensions that are known
    to be larger than 1, where PyTorch does nothing, and of a tuple of dimensions.

    ## Why it matters
    ``squeeze(0)`` means one sample. The dynamo exporter writes a Squeeze even where PyTorch leaves
    the tensor alone, and the parser refuses it: the volume would change. The TorchScript exporter
    writes an If whose branches have different ranks, which no TensorRT takes, and stops at a tuple.

    ## Use instead
    ``x[0]`` where one sample is meant; nothing, where the dimension is larger than 1.

    ## Fix safety
    Safe for several dimensions, squeezed one after the other, and for one that is known to be
    larger than 1, where nothing is done. Of the batch, what is meant is not to be seen.

    ## Known limits
    A dimension of unknown size is taken to be 1, as the author says.
    """

    name = "squeeze-dim"
    family = "batch"
    message = "`{operator}` of the batch, of a dimension larger than 1, or of several at once"
    hint = (
        "x[0] for one sample, nothing for a dimension larger than 1, one call for each of several"
    )
    operators = frozenset({"squeeze", "squeeze_"})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "larger": _LARGER,
        "batch": _BATCH,
        "several": _SEVERAL,
    }
    only_if_minded = frozenset({"batch", "several"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which of the two it is, as far as the size is known."""
        dim = use.args.get(1, "dim")
        tensor = use.tensor
        if isinstance(dim, Items):
            return "several"
        at = dim.size.constant if isinstance(dim, Int) else None
        if at is None or tensor is None or tensor.shape is None or not tensor.exact:
            return None
        size = tensor.shape.dim(at)
        if size is not None and at_least(size, 2):
            return "larger"
        if at == 0 and code.has_batch(tensor):
            return "batch"
        return None
