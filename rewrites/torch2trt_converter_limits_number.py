"""torch2trt-converter-limits: a mask in arithmetic, computed as a number."""

from __future__ import annotations

import libcst as cst

from trtlint.api import (
    Change,
    Decline,
    MaskNumbers,
    Number,
    Rewrite,
    Safety,
    Swap,
    Tensor,
    Torch2trtMatch,
    TracedCode,
    Value,
    is_mask,
    may_be_floating,
)
from trtlint.rules.torch2trt_converter_limits import Torch2trtConverterLimits

_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide)
_NONE = "no other form of its arguments is known to convert"


class Torch2trtConverterLimitsToNumber(Rewrite[Torch2trtMatch]):
    """Write ``x * torch.ceil(x.clamp(0.0, 1.0))`` for ``x * (x > 0)``.

    Why unsafe: not-a-number that is compared stays one, and equal infinities have no difference; an
    input is taken to be floating.
    """

    rule = Torch2trtConverterLimits
    title = "compute the mask as a number"
    safety = Safety.UNSAFE
    routes = frozenset({"torch2trt"})
    order = 10

    def rewrite(self, found: Torch2trtMatch, code: TracedCode) -> Change | Decline:
        """For one mask beside a floating-point operand."""
        node = found.node
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, _ARITHMETIC):
            return Decline(_NONE, beside=True)
        sides = (node.left, node.right)
        masks = [side for side in sides if is_mask(code.value(side))]
        others = [side for side in sides if not is_mask(code.value(side))]
        if len(masks) != 1 or not _floating(code.value(others[0])):
            return Decline(_NONE, beside=not masks)
        numbers = MaskNumbers(code)
        return numbers.into(Change((Swap(code.code, masks[0], numbers.number(masks[0])),)))


def _floating(value: Value) -> bool:
    """Whether an operand is a floating-point number, or not known to be anything else."""
    if isinstance(value, Tensor):
        return may_be_floating(value)
    return isinstance(value, Number) and value.kind == "float"
