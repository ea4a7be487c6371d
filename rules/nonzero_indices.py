"""nonzero-indices: indices or elements found by value."""

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
    emits,
    fails,
    through_onnx,
)

_FOUND = emits("NonZero", layers=["NON_ZERO"])
_OTHERS = {
    "torch-tensorrt": cited("costly", "aten.nonzero needs an output allocator; no CUDA graphs"),
    "torch2trt": cited("rejected", "4e820ae: no converter"),
}
_FOLDED = emits("GatherND", layers=["GATHER"])


class NonzeroIndices(OperatorRule):
    """Flag ``nonzero``, ``argwhere``, ``masked_select`` and ``torch.where`` with one argument.

    ## What it does
    Finds ``torch.nonzero``, ``torch.argwhere``, ``masked_select``, ``masked_scatter`` and
    ``torch.where(condition)`` without values, as functions and as methods.

    ## Why it matters
    How many indices come out is known at run time only. The exporters write NonZero, which TensorRT
    takes since 8.5 (a data-dependent output, slower than fixed shapes) and TensorRT-RTX not at
    all. The dynamo exporter has no translation of ``masked_select``, the TorchScript one none of
    ``argwhere``.

    ## Use instead
    ``torch.where(condition, a, b)`` keeps the shape; ``topk`` with a fixed number keeps the best.
    Indices that never change belong in a buffer.

    ## Fix safety
    There is no automatic fix: the result's shape changes.

    ## Known limits
    ``nonzero`` of a constant is computed by the dynamo exporter and is no problem there.
    """

    name = "nonzero-indices"
    family = "control-flow"
    message = "`{operator}` finds as many elements as the data says: a shape known at run time only"
    hint = "use torch.where with three arguments, or topk with a fixed number"
    operators = frozenset(
        {"nonzero", "argwhere", "where", "masked_select", "masked_scatter", "masked_scatter_"}
    )
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "nonzero": {**through_onnx(_FOUND), **_OTHERS},
        "constant": {**through_onnx(_FOLDED, _FOUND), **_OTHERS},
        "argwhere": {
            **through_onnx(_FOUND, fails("aten::argwhere has no symbolic at opset 17")),
            **_OTHERS,
        },
        "select": {
            **through_onnx(fails("aten.masked_select has no translation"), _FOUND),
            **_OTHERS,
        },
        "scatter": {**through_onnx(emits("NonZero", "ScatterND", layers=["NON_ZERO"])), **_OTHERS},
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By operator; ``constant`` where the operand is the same for every input."""
        if use.name == "where" and use.option("input", 1) is not None:
            return None
        if not isinstance(use.args.get(0, "condition" if use.name == "where" else "input"), Tensor):
            return None
        match use.name:
            case "masked_select":
                return "select"
            case "masked_scatter" | "masked_scatter_":
                return "scatter"
        tensor = use.tensor
        if tensor is not None and tensor.varies is False:
            return "constant"
        return "argwhere" if use.name == "argwhere" else "nonzero"
