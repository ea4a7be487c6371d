"""bool-arithmetic: masks that are added, ordered or compared by size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from trtlint.api import (
    Nothing,
    OperatorRule,
    OperatorUse,
    Tensor,
    TracedCode,
    Value,
    Verdict,
    cited,
    emits,
    through_onnx,
)

_OTHERS = {
    "torch-tensorrt": cited("unknown", "nobody has measured it"),
    "torch2trt": cited("rejected", "4e820ae: masks have no place in the network"),
}
_EXTREMES = frozenset("amax amin max min aminmax".split())
_PAIRS = {"add": "sum", "maximum": "larger", "minimum": "larger"}
_ORDERS = frozenset("sort argsort topk msort".split())


class BoolArithmetic(OperatorRule):
    """Flag ``mask_a + mask_b`` and the largest, smallest or sorted elements of a mask.

    ## What it does
    Finds additions, ``maximum`` and ``minimum`` of two bool tensors; ``amax``, ``max``, ``sort``,
    ``topk`` and their kin of a bool tensor; and ``cumsum`` of one.

    ## Why it matters
    PyTorch takes ``+`` of masks for *or*. The exporters write an Add, a ReduceMax, a TopK of bools
    as they stand, and TensorRT's parser has these for numbers only. The TorchScript exporter's
    CumSum of a bool is no valid ONNX.

    ## Use instead
    ``mask_a | mask_b``, ``mask.any(dim)`` and ``mask.all(dim)``, ``mask.int()`` before ``cumsum``
    or ``sort``.

    ## Fix safety
    Safe: ``|``, ``any`` and a count of integers are the same functions. Sorting is left, where the
    places of equal elements may come in another order, and extremes with their places.

    ## Known limits
    Sums and products of a mask are fine: they count in int64.
    """

    name = "bool-arithmetic"
    family = "dtype"
    message = "`{operator}` of a mask, which TensorRT computes of numbers only"
    hint = "use | for +, any and all for max and min, mask.int() before cumsum and sort"
    operators = _EXTREMES | _ORDERS | frozenset({"cumsum", *_PAIRS})
    verdicts: ClassVar[Mapping[str, Mapping[str, Verdict]]] = {
        "sum": {**through_onnx(emits("Add[bool]")), **_OTHERS},
        "extreme": {**through_onnx(emits("ReduceMax[bool]")), **_OTHERS},
        "order": {**through_onnx(emits("TopK[bool]")), **_OTHERS},
        "larger": {**through_onnx(emits("Or"), emits("Max[bool]")), **_OTHERS},
        "scan": {**through_onnx(emits("CumSum"), emits("CumSum[bool]")), **_OTHERS},
    }

    def variant(self, use: OperatorUse, code: TracedCode) -> str | None:
        """Which kind of operation it is, if the operands are masks."""
        pair = use.name in _PAIRS
        operands = use.args.pos[:2] if pair else use.args.pos[:1]
        if not operands or not all(map(_is_mask, operands)):
            return None
        if pair:
            return _PAIRS[use.name] if len(operands) == 2 else None
        if use.name == "cumsum":
            asked = use.args.kw.get("dtype")
            return "scan" if asked is None or isinstance(asked, Nothing) else None
        return "extreme" if use.name in _EXTREMES else "order"


def _is_mask(value: Value) -> bool:
    return isinstance(value, Tensor) and value.dtype is not None and value.dtype.is_bool
