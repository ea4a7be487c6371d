"""batch-baking-operator: operators whose decomposition asks for the number of samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Int,
    Items,
    OperatorRule,
    OperatorUse,
    TracedCode,
    Value,
    Verdict,
    cited,
    executed,
)

_WHY = "torch 2.13's decomposition turns the batch into a number"
_SAFE = "the exporter computes with the size"
_BOTH = {
    "tensorrt-rtx": cited("fine", "at that batch size", dynamic="wrong"),
    "tensorrt": cited("fine", _WHY, dynamic="wrong"),
    "torch-tensorrt": cited("fine", _WHY, dynamic="rejected"),
    "torch2trt": cited("fine", "4e820ae: at the sample's batch", dynamic="wrong"),
}
_DYNAMO = {
    **_BOTH,
    "tensorrt-rtx+dynamo": executed("fine", "at that batch size", dynamic="rejected"),
    "tensorrt+dynamo": cited("fine", _WHY, dynamic="rejected"),
}
_EYE = {
    "tensorrt-rtx+dynamo": executed("fine", _SAFE),
    "tensorrt+dynamo": cited("fine", _SAFE),
    "tensorrt-rtx+torchscript": executed("fine", "at that batch", dynamic="rejected"),
    "tensorrt+torchscript": cited(
        "fine", "NVIDIA/TensorRT parser: EyeLike takes no dynamic shape", dynamic="rejected"
    ),
    "torch-tensorrt": cited("fine", _SAFE),
    "torch2trt": cited("fine", "4e820ae: at the sample's batch", dynamic="wrong"),
}
_LITERAL = {
    **_EYE,
    "tensorrt-rtx+torchscript": executed("fine", "at that batch", dynamic="wrong"),
    "tensorrt+torchscript": cited(
        "fine", "torch 2.13: registered as a constant in the trace", dynamic="wrong"
    ),
}
# Their decompositions compare or unroll the sizes of their operands.
_OPERATORS = frozenset("take_along_dim kron multi_dot gradient".split())


class BatchBakingOperator(OperatorRule):
    """Flag operators that turn the batch into a number on their way, such as ``take_along_dim``.

    ## What it does
    Finds operators of a tensor with a batch whose decomposition compares or unrolls its sizes
    (``take_along_dim``, ``kron``, ``linalg.multi_dot``, ``gradient``), and ``linspace``,
    ``eye`` and ``torch.tensor`` made of the batch size.

    ## Why it matters
    torch.export then has one number for the batch. Where the dimension was declared with a name,
    torch.onnx.export writes a model for that number and reports success. The TorchScript exporter
    keeps the number of ``torch.tensor([b])``, and its EyeLike is refused by the parser.

    ## Use instead
    ``gather`` with an index of the full shape, matrix products one by one, ``torch.arange(b)``,
    which stays symbolic, scaled as needed.

    ## Fix safety
    There is no automatic fix.

    ## Known limits
    The list was measured; operators that nobody has tried are missing.
    """

    name = "batch-baking-operator"
    family = "batch"
    message = "`{operator}` makes a number of the batch size when it is exported"
    hint = "use gather, matmul or arange, which keep the size symbolic"
    operators = _OPERATORS | {"linspace", "logspace", "eye", "tensor", "as_tensor"}
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "operator": _BOTH,
        "linspace": _DYNAMO,
        "eye": _EYE,
        "literal": _LITERAL,
    }
    only_if_minded = frozenset({"operator", "linspace", "eye", "literal"})

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """By the operator, if its operands have a batch."""
        if use.name in _OPERATORS:
            first = use.args.get(0, "input")
            given = first.items or () if isinstance(first, Items) else (first,)
            return "operator" if any(code.varies(value) for value in given) else None
        if use.name in ("linspace", "logspace"):
            return "linspace" if code.varies(use.args.get(2, "steps")) else None
        if use.name == "eye":
            return "eye" if any(code.varies(value) for value in use.args.pos[:2]) else None
        return "literal" if _listed(use.args.get(0, "data"), code) else None


def _listed(value: Value | None, code: TracedCode) -> bool:
    """Whether a list or tuple has the batch among its elements."""
    if not isinstance(value, Items) or value.items is None:
        return False
    return any(
        (isinstance(one, Int) and code.follows_batch(one.size)) or _listed(one, code)
        for one in value.items
    )
